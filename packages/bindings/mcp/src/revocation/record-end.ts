import type { AuditSink, ErrorCode } from '@lockstep/core'
import type { Exchange } from '../exchange.ts'

/**
 * Records that an exchange was ended before its time: nobody was sent the rest of it. A log that cannot be written keeps no stream open, so
 * this never rejects.
 */
export async function recordEnd(audit: AuditSink, exchange: Exchange, code: ErrorCode): Promise<void> {
  const { trace, caller, call, tool } = exchange
  await audit
    .append({
      trace,
      step: 'response',
      outcome: 'failed',
      code,
      ...(caller ? { subject: caller.subject.id, actor: caller.actor.id } : {}),
      ...(tool ? { tool } : {}),
      ...(call
        ? { policyVersion: call.policyVersion, detail: { call: call.id, ended: true } }
        : { detail: { ended: true } }),
    })
    .catch(() => undefined)
}
