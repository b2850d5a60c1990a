import { createHash } from 'node:crypto'
import type { SingleUse } from '@lockstep/core'

/** The digest under which a use is remembered: stores hold nothing of a token. The length in front keeps all pairs apart. */
export function singleUseDigest(space: SingleUse['space'], id: string): Buffer {
  return createHash('sha256').update(`${space.length}:${space}${id}`).digest()
}
