import {
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
  type ToolCall,
  type Value,
} from '@lockstep/core'
import { visibleHistory } from './history/visible-history.ts'
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
  /** Who would have consented, with the facts about them. @defaultValue nobody */
  readonly approval?: { readonly by: { readonly id: string }; readonly facts: Facts } | undefined
}

/** Asks the one question about one call, as it is or under an assumption. */
export interface AskCall extends KnownCall {
  readonly point: DecisionPoint
  readonly decide: (assumption: Assumption) => Decision
  /** What is demanded of the resource, everything else being known. Throws `policy.evaluation-failed`. */
  readonly demands: (assumption: Assumption) => OpenDecision
  /** The question itself, without the one of the two principals that it is asked for. */
  readonly question: (assumption: Assumption) => Omit<Question, 'principal'>
}

/** Prepares the question about one call. */
export function createAsk(point: DecisionPoint, known: KnownCall): AskCall {
  const { caller, facts, call, labels, signInAge, resource, action, visible, sensitivity } = known
  const past = visibleHistory(point.contextOf(action), known.history)
  const own: SignIn = { satisfied: caller.assurance.satisfied, age: signInAge }
  const question: AskCall['question'] = ({ signIn: { satisfied, age } = own, approval }) => {
    const asked = { ...caller, assurance: { ...caller.assurance, satisfied } }
    const circumstances: Circumstances = {
      labels,
      signInAge: age,
      sensitivity,
      approval: approval && { by: { type: 'User', id: approval.by.id } },
    }
    return {
      action,
      resource,
      context: { ...callContext(asked, call.tool, circumstances), ...visible, ...past },
      facts: approval ? uniteFacts(facts, approval.facts) : facts,
    }
  }
  return {
    ...known,
    point,
    question,
    decide: (assumption) => decideForBoth(point, caller, question(assumption)),
    demands: (assumption) =>
      residualForBoth(point, caller, {
        ...question(assumption),
        resource: { type: resource.type },
        unknownContext: [],
      }),
  }
}
