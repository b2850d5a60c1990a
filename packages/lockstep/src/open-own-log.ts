import { type AuditLog, openAuditLog } from '@lockstep/audit'
import { systemClock } from '@lockstep/core'
import type { AuditPlace } from '@lockstep/stores'
import { createCheckpointKey, importCheckpointKey } from '@lockstep/tokens'

/**
 * Opens the log of an instance that is one command beside a shared state, in its own folder, or makes it, as `lockstep revoke` does.
 *
 * Rejects with `audit.tampered` when the log does not verify, and with `audit.unavailable`.
 */
export async function openOwnLog({ auditFolder, keep }: AuditPlace, origin: string): Promise<AuditLog> {
  const kept = await keep('audit-key', async () => JSON.stringify((await createCheckpointKey()).exportJwk()))
  const key = await importCheckpointKey(JSON.parse(kept))
  return openAuditLog({ folder: auditFolder, origin, key, clock: systemClock })
}
