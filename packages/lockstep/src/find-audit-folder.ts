import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { auditFolderOf } from '@lockstep/stores'
import { UsageError } from './usage-error.ts'

/** The folder of the audit log in a state folder. Rejects with `UsageError` when there is none. */
export async function findAuditFolder(state: string): Promise<string> {
  const folder = auditFolderOf(resolve(state))
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) throw new UsageError(`there is no audit log in \`${folder}\``)
  return folder
}
