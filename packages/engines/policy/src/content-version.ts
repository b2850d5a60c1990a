import { createHash } from 'node:crypto'
import type { PolicyFiles } from './read-policy-folder.ts'

/**
 * The version of a policy: a digest over the sorted file names and contents, 96 bits as base64url. The same
 * files give the same version in every process.
 */
export function contentVersion(files: PolicyFiles): string {
  const entries = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))
  // JSON delimits names and contents, so that no two folders digest alike.
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 16)
}
