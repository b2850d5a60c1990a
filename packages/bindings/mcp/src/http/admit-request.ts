import { type AuditSink, type Caller, type ErrorCode, isLockstepError, type Outcome } from '@lockstep/core'
import type { Gateway } from '@lockstep/gateway'
import { connectionCertificate } from './connection-certificate.ts'
import type { GuardedRequest } from './create-http-guard.ts'
import { callerEvidence, headerPairs } from './read-request.ts'

/** What admitting a request needs. */
export interface AdmitRequestParts {
  readonly gateway: Pick<Gateway, 'admit'>
  readonly audit: AuditSink
  /** The URL of the guarded endpoint; its origin is what proofs are compared with, never the `Host` header. */
  readonly resource: URL
}

/** The URL of a request as it was sent; Express changes `url` where it mounts. */
export function targetOf(request: GuardedRequest): string {
  return request.originalUrl ?? request.url ?? '/'
}

/** Asks the gateway who sent a request. Never rejects. */
export async function admitRequest(
  { gateway, resource }: AdmitRequestParts,
  request: GuardedRequest,
  trace: string,
): Promise<Outcome<Caller>> {
  const target = targetOf(request)
  try {
    return await gateway.admit({
      method: request.method ?? '',
      // attacker-controlled: an absolute-form target or a Host header must not choose what proofs are compared with. Joined as text:
      // resolving `/\other.example` would change the host, and some targets cannot be resolved at all.
      url: resource.origin + (target.startsWith('/') ? target.replace(/^\/+/, '/') : '/'),
      headers: headerPairs(request),
      certificate: connectionCertificate(request.socket),
      trace,
    })
  } catch (error) {
    const code: ErrorCode = isLockstepError(error) ? error.code : 'state.unavailable'
    return { ok: false, denial: { code } }
  }
}

/** Records that a caller was admitted, and how they are known. Rejects when it is not durable. */
export function recordAdmitted({ audit }: Pick<AdmitRequestParts, 'audit'>, caller: Caller): Promise<void> {
  return audit.append({
    trace: caller.trace,
    step: 'gateway',
    outcome: 'permitted',
    subject: caller.subject.id,
    actor: caller.actor.id,
    detail: callerEvidence(caller),
  })
}
