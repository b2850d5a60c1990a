import type { Approval, ApprovalConsent, Outcome } from '@lockstep/core'
import { bindApproval } from './approval-binding.ts'
import type { Approvals, Consenter } from './create-approvals.ts'

/** Consent that was used for a call, as it is kept for the work that goes on after it. */
export interface KeptApproval {
  readonly id: string
  /** What it was bound to: the caller, the call, the resource and the policy. */
  readonly binding: string
  readonly consents: readonly ApprovalConsent[]
}

/** Judges people who consented by what they are now; `undefined` when one of them was revoked since. */
export type JudgeConsents = (consents: readonly ApprovalConsent[]) => Promise<readonly Consenter[] | undefined>

const NOBODY_ASKED = { ok: false, denial: { code: 'invocation.approval-required' } } as const

/**
 * The approvals of work that goes on after a call: the consent that was used for that call counts for exactly the same call, on the same resource and
 * policy, by whoever gave it as they are now; nothing else does.
 *
 * INVARIANT: nobody is asked, and nothing is used up: whoever would be told of a new request is not there to send the call again.
 */
export function keptApprovals(approvals: Approvals, kept: KeptApproval | undefined, judge: JudgeConsents): Approvals {
  return {
    ...approvals,
    request: async (): Promise<Outcome<Approval>> => NOBODY_ASKED,
    async find(bound) {
      if (!kept || bindApproval(bound) !== kept.binding) return undefined
      const consents = await judge(kept.consents)
      return consents && { state: 'approved', id: kept.id, consents }
    },
    use: async (id) => id === kept?.id,
  }
}
