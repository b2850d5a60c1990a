import { type AuditSink, type Caller, type ErrorCode, isLockstepError, type Outcome } from '@lockstep/core'
import type { VerifiedRequest } from '@lockstep/gateway'
import { callerEvidence } from './read-request.ts'

/** Admits a verified request that nothing else refuses. Never rejects; only what it admits has used its proof up. */
export async function admitVerified(verified: VerifiedRequest): Promise<Outcome<Caller>> {
  try {
    return await verified.admit()
  } catch (error) {
    const code: ErrorCode = isLockstepError(error) ? error.code : 'state.unavailable'
    return { ok: false, denial: { code } }
  }
}

/** Records that a caller was admitted, and how they are known. Resolves to whether that is durable: else nothing may follow. */
export function recordAdmitted(audit: AuditSink, caller: Caller): Promise<boolean> {
  const recorded = audit.append({
    trace: caller.trace,
    step: 'gateway',
    outcome: 'permitted',
    subject: caller.subject.id,
    actor: caller.actor.id,
    detail: callerEvidence(caller),
  })
  return recorded.then(
    () => true,
    () => false,
  )
}
