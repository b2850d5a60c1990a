import { join } from 'node:path'

/** Where the audit log lies in a state folder. It is plain files, so that it can be read without opening the state. */
export function auditFolderOf(stateFolder: string): string {
  return join(stateFolder, 'audit')
}
