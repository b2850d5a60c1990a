import type { Approval } from '@lockstep/core'
import { checkText } from './check-text.ts'
import { checkTime } from './check-time.ts'

/** A request for consent, before anybody answered it. */
export type ApprovalRequest = Omit<Approval, 'state' | 'approver'>

/** Checks a request for consent and returns its declared members alone. Throws `TypeError`. */
export function checkApproval(request: ApprovalRequest): ApprovalRequest {
  const { id, binding, issuer, subject, actor, tool, resource, requestedAt, expiresAt } = request
  for (const [name, value] of Object.entries({ id, binding, issuer, subject, actor, tool })) checkText(name, value)
  if (resource) {
    checkText('resource.type', resource.type)
    checkText('resource.id', resource.id)
  }
  checkTime('requestedAt', requestedAt)
  checkTime('expiresAt', expiresAt)
  const about = resource ? { resource: { type: resource.type, id: resource.id } } : {}
  return { id, binding, issuer, subject, actor, tool, ...about, requestedAt, expiresAt }
}
