import { stat } from 'node:fs/promises'
import { type AuditLog, openAuditLog, verifyAuditLog } from '@lockstep/audit'
import { LockstepError, systemClock } from '@lockstep/core'
import type { StateFolder } from '@lockstep/stores/pglite'
import { importCheckpointKey } from '@lockstep/tokens'

/** Under this name the server keeps the key that signs its log. */
const AUDIT_KEY = 'audit-key'

/**
 * Opens the audit log of a state folder that we hold, with the key that the server kept there, so that what an operator does is
 * recorded where the rest is. Undefined when the state has no log of its own: the server then records elsewhere.
 *
 * Rejects with `audit.tampered` when the log does not verify, and with `audit.unavailable`.
 */
export async function openExistingLog(state: StateFolder): Promise<AuditLog | undefined> {
  const folder = state.auditFolder
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) return undefined
  const key = await importCheckpointKey(JSON.parse(await state.keep(AUDIT_KEY, noKey)))
  // INVARIANT: only the kept key counts. To append under the keys that the log's folder names would sign a replaced log as ours.
  const found = await verifyAuditLog(folder, [key.publicJwk()])
  if (!found.valid) throw new LockstepError('audit.tampered', `${found.fault.file} line ${found.fault.line}`)
  return openAuditLog({ folder, origin: found.checkpoint.origin, key, clock: systemClock })
}

function noKey(): never {
  throw new LockstepError('audit.unavailable', 'the state keeps no key that signs the log')
}
