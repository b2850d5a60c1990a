import { randomBytes } from 'node:crypto'
import {
  type AuditSink,
  type Clock,
  type Drill,
  type Revocable,
  type RevocationStore,
  revocableName,
} from '@lockstep/core'
import { nameInDrill } from './revocation/name-in-drill.ts'
import { checkReason, revocableKind } from './revocation/revocable-kind.ts'
import type { RevocationEvidence } from './revocation/revocation-evidence.ts'

/** Restores a permission that was revoked. See `Lockstep.restore`. */
export type Restore = (what: Extract<Revocable, { permission: string }>, reason: string) => Promise<RevocationEvidence>

/** What restoring needs. */
export interface RestoreOptions {
  readonly revocations: Pick<RevocationStore, 'restore'>
  readonly audit: AuditSink
  /** The version of the policy in force. */
  readonly policyVersion: () => string
  /** Restores what was revoked in a drill, and nothing else. */
  readonly drill?: Drill | undefined
  readonly clock: Clock
}

/**
 * Creates what an instance restores permissions with.
 *
 * INVARIANT: recorded before it holds: nothing is permitted again that the log does not know of. A record without effect says that somebody
 * tried.
 *
 * The function throws `TypeError` for what is not restored in this way, for a permission that is not revoked, and for a reason that is not 1 to
 * 200 visible characters. Rejects with `state.unavailable` or `audit.unavailable`; nothing was restored then.
 */
export function createRestore({ revocations, audit, policyVersion, drill, clock }: RestoreOptions): Restore {
  return async (what, reason) => {
    if (revocableKind(what) !== 'permission') {
      throw new TypeError('expected `{ permission }` to restore: whoever was revoked signs in again')
    }
    checkReason(reason)
    const name = drill ? nameInDrill(drill, what) : revocableName(what)
    const trace = randomBytes(16).toString('hex')
    await audit.append({
      trace,
      step: 'system',
      outcome: 'completed',
      detail: { [drill ? 'drillEnded' : 'restored']: 'permission', permission: what.permission, name, reason },
    })
    const before = policyVersion()
    if (!(await revocations.restore(name))) throw new TypeError('the permission is not revoked')
    return { trace, at: clock(), policyVersion: { before, after: policyVersion() } }
  }
}
