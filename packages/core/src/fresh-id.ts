import { randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const IDS_AHEAD = 256

const ahead = Buffer.alloc(ID_BYTES * IDS_AHEAD)
let next = ahead.length

/**
 * 128 random bits that name one thing or salt one record: traces, records. They are drawn for many at a time, as `randomUUID` does: to ask the
 * system for every request costs a sixth of verifying a signature.
 *
 * INVARIANT: nothing is given out twice. Not for keys, tokens or sessions: what was given out stays in memory until the next are drawn.
 */
export function freshId(encoding: 'hex' | 'base64url'): string {
  if (next === ahead.length) {
    randomFillSync(ahead)
    next = 0
  }
  const start = next
  next += ID_BYTES
  return ahead.toString(encoding, start, next)
}
