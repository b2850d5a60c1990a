import {
  type ApprovalNeed,
  type Decision,
  type DeclaredSignIns,
  keepAcr,
  type SignIn,
  type SignInDemand,
} from '@lockstep/core'
import type { ApproverRule } from './approver-rule.ts'
import type { AskCall } from './decide-call.ts'
import { hypotheticalApprover } from './hypothetical-approver.ts'
import { possibleNeeds } from './possible-needs.ts'
import { smallestStepUp } from './smallest-step-up.ts'

/** The declared factors, and what counts as a permit. */
export interface FactorOptions extends DeclaredSignIns {
  /** Who may be asked to consent. @defaultValue nobody */
  readonly approvers?: readonly ApproverRule[] | undefined
  /** Whether every obligation of a permit can be carried out. */
  readonly fulfills: (decision: Extract<Decision, { effect: 'permit' }>) => boolean
}

/** What flips a denial: a new sign-in, the consent of other people, or both. */
export interface DemandedFactors extends SignInDemand {
  /** How many other people must consent, by relation; empty when none. */
  readonly needed: readonly ApprovalNeed[]
}

/** The smallest set of declared factors that flips a denial of the policy; `undefined` when none does. Nothing is requested. */
export function demandedFactors(
  { acrValues, maxAges, approvers = [], fulfills }: FactorOptions,
  ask: AskCall,
): DemandedFactors | undefined {
  const { members, approval } = ask.point.contextOf(ask.action)
  const people = new Map(
    (members.has('approval') ? approvers : []).flatMap((rule) => {
      const somebody = hypotheticalApprover(ask.point, rule, ask.resource)
      return somebody ? [[rule.relation, somebody] as const] : []
    }),
  )
  const rules = approvers.filter(({ relation }) => people.has(relation))
  const own: SignIn = { satisfied: ask.caller.assurance.satisfied, age: ask.signInAge }
  const permits = (signIn: SignIn, needed: readonly ApprovalNeed[]) => {
    const by = needed.flatMap(({ relation }) => {
      const somebody = people.get(relation)
      return somebody ? [{ id: somebody.id, facts: { entities: [somebody], revision: '' } }] : []
    })
    const hypothetical = ask.decide({
      signIn,
      approval: by.length > 0 ? { by, needed } : undefined,
    })
    return hypothetical.effect === 'permit' && fulfills(hypothetical)
  }
  const found = smallestStepUp(
    {
      acrValues,
      // An age that the policy cannot see flips nothing.
      maxAges: members.has('signInAge') ? maxAges : [],
      own,
      approvals: possibleNeeds(rules, approval),
    },
    ({ signIn, needed }) => permits(signIn?.signIn ?? own, needed),
  )
  if (!found) return undefined
  const { signIn, needed } = found
  if (!signIn) return { needed }
  return { ...keepAcr(acrValues, signIn, (other) => permits(other, needed)), needed }
}
