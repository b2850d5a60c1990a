import { hash } from 'node:crypto'
import type { SingleUse } from '@lockstep/core'

/** The digest under which a use is remembered: stores hold nothing of a token. The length in front keeps all pairs apart. */
export function singleUseDigest(space: SingleUse['space'], id: string, encoding: 'base64' | 'hex' = 'base64'): string {
  return hash('sha256', `${space.length}:${space}${id}`, encoding)
}
