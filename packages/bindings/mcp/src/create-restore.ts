import { randomBytes } from 'node:crypto'
import { type AuditSink, type Revocable, type RevocationStore, revocableName } from '@lockstep/core'
import { checkReason, revocableKind } from './revocation/revocable-kind.ts'

/** Restores a permission that was revoked. See `Lockstep.restore`. */
export type Restore = (what: Extract<Revocable, { permission: string }>, reason: string) => Promise<void>

/** What restoring needs. */
export interface RestoreOptions {
  readonly revocations: Pick<RevocationStore, 'restore'>
  readonly audit: AuditSink
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
export function createRestore({ revocations, audit }: RestoreOptions): Restore {
  return async (what, reason) => {
    if (revocableKind(what) !== 'permission') {
      throw new TypeError('expected `{ permission }` to restore: whoever was revoked signs in again')
    }
    checkReason(reason)
    const name = revocableName(what)
    await audit.append({
      trace: randomBytes(16).toString('hex'),
      step: 'system',
      outcome: 'completed',
      detail: { restored: 'permission', permission: what.permission, name, reason },
    })
    if (!(await revocations.restore(name))) throw new TypeError('the permission is not revoked')
  }
}
