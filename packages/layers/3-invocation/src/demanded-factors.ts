import type { Decision } from '@lockstep/core'
import type { ApproverRule } from './approver-rule.ts'
import type { AskCall } from './decide-call.ts'
import { hypotheticalApprover } from './hypothetical-approver.ts'
import { type DeclaredFactors, type Factors, satisfiedBy, smallestStepUp } from './smallest-step-up.ts'

/** The declared factors, and what counts as a permit. */
export interface FactorOptions {
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  /** Who may be asked to consent. @defaultValue nobody */
  readonly approvers?: ApproverRule | undefined
  /** Whether every obligation of a permit can be carried out. */
  readonly fulfills: (decision: Extract<Decision, { effect: 'permit' }>) => boolean
}

/** The smallest set of declared factors that flips a denial of the policy; `undefined` when none does. Nothing is requested. */
export function demandedFactors({ acrValues, approvers, fulfills }: FactorOptions, ask: AskCall): Factors | undefined {
  const somebody = approvers && declaresApproval(ask) && hypotheticalApprover(ask.point, approvers, ask.resource)
  const { satisfied } = ask.caller.assurance
  const declared: DeclaredFactors = { acrValues, satisfied, approvable: somebody !== undefined }
  return smallestStepUp(declared, ({ acr, approval }) => {
    const hypothetical = ask.decide({
      satisfied: satisfiedBy(declared, acr),
      approval: approval && somebody ? { by: somebody, facts: { entities: [somebody], revision: '' } } : undefined,
    })
    return hypothetical.effect === 'permit' && fulfills(hypothetical)
  })
}

function declaresApproval({ point, action }: AskCall): boolean {
  return point.contextOf(action).members.has('approval')
}
