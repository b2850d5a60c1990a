import { type Approval, type ApprovalStore, type Clock, LockstepError } from '@lockstep/core'
import { checkApproval } from '../check-approval.ts'
import { checkText } from '../check-text.ts'
import { createForgetDue } from '../forget-due.ts'
import type { OpenState } from './open-state.ts'

/** Creates an approval store in this process. No method waits between looking and changing, so of several racers one wins. */
export function createMemoryApprovals(clock: Clock, open: OpenState): ApprovalStore {
  const byId = new Map<string, Approval>()
  /** The one request of a binding that waits for, or has, consent. */
  const byBinding = new Map<string, Approval>()
  const forgetDue = createForgetDue(clock)

  function forget(now: number): void {
    if (!forgetDue(now)) return
    for (const known of byId.values()) {
      if (known.expiresAt > now) continue
      byId.delete(known.id)
      if (byBinding.get(known.binding)?.id === known.id) byBinding.delete(known.binding)
    }
  }

  function unexpired(known: Approval | undefined): Approval | undefined {
    return known && known.expiresAt > Math.floor(clock()) ? known : undefined
  }

  function keep(approval: Approval): void {
    byId.set(approval.id, approval)
    if (approval.state === 'used') byBinding.delete(approval.binding)
    else byBinding.set(approval.binding, approval)
  }

  return {
    async request(approval) {
      open.check()
      const request = checkApproval(approval)
      forget(clock())
      const known = byBinding.get(request.binding)
      const standing = unexpired(known)
      if (standing) return standing
      if (known) byId.delete(known.id)
      if (byId.has(request.id)) throw new LockstepError('state.unavailable', 'the id of the approval is taken')
      const made: Approval = Object.freeze({ ...request, state: 'pending' })
      keep(made)
      return made
    },
    async get(id) {
      open.check()
      checkText('id', id)
      return unexpired(byId.get(id))
    },
    async findApproved(binding) {
      open.check()
      checkText('binding', binding)
      const known = unexpired(byBinding.get(binding))
      return known?.state === 'approved' ? known : undefined
    },
    async approve(id, { issuer, subject }) {
      open.check()
      checkText('id', id)
      checkText('approver.issuer', issuer)
      checkText('approver.subject', subject)
      const known = unexpired(byId.get(id))
      if (known?.state !== 'pending') return false
      const approver = Object.freeze({ issuer, subject, at: Math.floor(clock()) })
      keep(Object.freeze({ ...known, state: 'approved', approver }))
      return true
    },
    async use(id) {
      open.check()
      checkText('id', id)
      const known = unexpired(byId.get(id))
      if (known?.state !== 'approved') return false
      keep(Object.freeze({ ...known, state: 'used' }))
      return true
    },
  }
}
