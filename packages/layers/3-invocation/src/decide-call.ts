import {
  type ApprovalNeed,
  type Caller,
  type Circumstances,
  callContext,
  type Decision,
  type DecisionPoint,
  decideForBoth,
  type EntityFact,
  type Facts,
  type JsonObject,
  type OpenDecision,
  type Question,
  residualForBoth,
  type SignIn,
  SUBJECT_TYPE,
  type ToolCall,
  type Value,
} from '@lockstep/core'
import { approvalRecord } from './approval-record.ts'
import { visibleHistory } from './history/visible-history.ts'
import { uniteDecisions, uniteDemands } from './unite-decisions.ts'
import { uniteFacts } from './unite-facts.ts'

/** One call with everything that is known when it is decided on. */
export interface KnownCall {
  readonly caller: Caller
  readonly facts: Facts
  readonly call: ToolCall
  readonly labels: readonly string[]
  readonly signInAge?: number | undefined
  readonly resource: EntityFact
  readonly action: string
  /** The context member `arguments`, if the action declares one. */
  readonly visible: { readonly arguments?: Value }
  /** What is told of the calls before, this one included. @defaultValue nothing */
  readonly history?: JsonObject | undefined
  /** The declared class of the tool. @defaultValue none */
  readonly sensitivity?: string | undefined
}

/** What a question about the same call may assume instead of what is. */
export interface Assumption {
  /** The sign-in that there would be. @defaultValue the one there is */
  readonly signIn?: SignIn | undefined
  /** Who would have consented. @defaultValue nobody */
  readonly approval?: AssumedApproval | undefined
}

/** Consent that a question assumes: of these people, who are so many of each relation. */
export interface AssumedApproval {
  /** At least one; each with the facts about them. */
  readonly by: readonly { readonly id: string; readonly facts: Facts }[]
  readonly needed: readonly ApprovalNeed[]
}

/** Asks the one question about one call, as it is or under an assumption. */
export interface AskCall extends KnownCall {
  readonly point: DecisionPoint
  /** Whoever consents is asked about one by one: the policy must accept each of them as `context.approval.by`. */
  readonly decide: (assumption: Assumption) => Decision
  /** What is demanded of the resource, everything else being known. Throws `policy.evaluation-failed`. */
  readonly demands: (assumption: Assumption) => OpenDecision
  /** The question itself, about the first who consents, without the one of the two principals that it is asked for. */
  readonly question: (assumption: Assumption) => Omit<Question, 'principal'>
}

/** Prepares the question about one call. */
export function createAsk(point: DecisionPoint, known: KnownCall): AskCall {
  const { caller, facts, call, labels, signInAge, resource, action, visible, sensitivity } = known
  const context = point.contextOf(action)
  const past = visibleHistory(context, known.history)
  const members = context.approval
  const own: SignIn = { satisfied: caller.assurance.satisfied, age: signInAge }
  const question: AskCall['question'] = ({ signIn: { satisfied, age } = own, approval }) => {
    const asked = { ...caller, assurance: { ...caller.assurance, satisfied } }
    const [first] = approval?.by ?? []
    const circumstances: Circumstances = {
      labels,
      signInAge: age,
      sensitivity,
      approval: approval && first && approvalRecord(members, { type: SUBJECT_TYPE, id: first.id }, approval.needed),
    }
    return {
      action,
      resource,
      context: { ...callContext(asked, call.tool, circumstances), ...visible, ...past },
      facts: first ? uniteFacts(facts, first.facts) : facts,
    }
  }
  /** The same assumption, once for each of the people in it. */
  const each = ({ approval, ...rest }: Assumption): readonly Assumption[] =>
    approval ? approval.by.map((one) => ({ ...rest, approval: { ...approval, by: [one] } })) : [rest]
  return {
    ...known,
    point,
    question,
    decide: (assumption) =>
      uniteDecisions(each(assumption).map((one) => () => decideForBoth(point, caller, question(one)))),
    demands: (assumption) =>
      uniteDemands(
        each(assumption).map((one) =>
          residualForBoth(point, caller, { ...question(one), resource: { type: resource.type }, unknownContext: [] }),
        ),
      ),
  }
}
