import type { Approval } from '@lockstep/core'

/** The request as it is at `now`: what waited or was unused when its time came has expired, whether or not anybody marked it. */
export function expireApproval(approval: Approval, now: number): Approval {
  const { state, expiresAt } = approval
  if ((state !== 'pending' && state !== 'approved') || expiresAt > now) return approval
  return { ...approval, state: 'expired', ended: { at: expiresAt } }
}
