import { createHash } from 'node:crypto'
import type { CallerKey } from '@lockstep/core'
import { checkText } from './check-text.ts'

/** One key of 32 bytes for a caller, whatever characters its parts hold. Throws `TypeError` for a part that cannot be kept. */
export function callerDigest(caller: CallerKey): Buffer {
  const { issuer, subject, actor } = caller
  checkText('issuer', issuer)
  checkText('subject', subject)
  checkText('actor', actor)
  // JSON keeps the borders between the parts: no two callers share a text.
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject, actor]))
    .digest()
}
