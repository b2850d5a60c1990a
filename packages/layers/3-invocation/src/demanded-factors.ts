import { type Decision, type DeclaredSignIns, keepAcr, type SignIn, type SignInDemand } from '@lockstep/core'
import type { ApproverRule } from './approver-rule.ts'
import type { AskCall } from './decide-call.ts'
import { hypotheticalApprover } from './hypothetical-approver.ts'
import { smallestStepUp } from './smallest-step-up.ts'

/** The declared factors, and what counts as a permit. */
export interface FactorOptions extends DeclaredSignIns {
  /** Who may be asked to consent. @defaultValue nobody */
  readonly approvers?: ApproverRule | undefined
  /** Whether every obligation of a permit can be carried out. */
  readonly fulfills: (decision: Extract<Decision, { effect: 'permit' }>) => boolean
}

/** What flips a denial: a new sign-in, a second person's consent, or both. */
export interface DemandedFactors extends SignInDemand {
  readonly approval: boolean
}

/** The smallest set of declared factors that flips a denial of the policy; `undefined` when none does. Nothing is requested. */
export function demandedFactors(
  { acrValues, maxAges, approvers, fulfills }: FactorOptions,
  ask: AskCall,
): DemandedFactors | undefined {
  const somebody = approvers && declaresApproval(ask) && hypotheticalApprover(ask.point, approvers, ask.resource)
  const own: SignIn = { satisfied: ask.caller.assurance.satisfied, age: ask.signInAge }
  const permits = (signIn: SignIn, approval: boolean) => {
    const hypothetical = ask.decide({
      signIn,
      approval: approval && somebody ? { by: somebody, facts: { entities: [somebody], revision: '' } } : undefined,
    })
    return hypothetical.effect === 'permit' && fulfills(hypothetical)
  }
  const found = smallestStepUp(
    // An age that the policy cannot see flips nothing.
    { acrValues, maxAges: declares(ask, 'signInAge') ? maxAges : [], own, approvable: somebody !== undefined },
    ({ signIn, approval }) => permits(signIn?.signIn ?? own, approval),
  )
  if (!found) return undefined
  const { signIn, approval } = found
  if (!signIn) return { approval }
  return { ...keepAcr(acrValues, signIn, (other) => permits(other, approval)), approval }
}

function declares({ point, action }: AskCall, member: string): boolean {
  return point.contextOf(action).members.has(member)
}

function declaresApproval(ask: AskCall): boolean {
  return declares(ask, 'approval')
}
