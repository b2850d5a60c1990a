const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** What takes the chunks of a stream. */
export type TakeChunk = (chunk: Uint8Array) => void

/**
 * Divides a stream into lines, each handed on as the bytes that came, without its end. A line of more than `maxBytes` is told once, as
 * `undefined`, as soon as that is known, and skipped to its end. Empty lines are nothing. What has no end yet is no line: whoever hung up in
 * the middle of a message has sent none.
 *
 * Our own, because `node:readline` decodes before it divides, and holds a line of any length.
 */
export function readLines(maxBytes: number, onLine: (line: Buffer | undefined) => void): TakeChunk {
  // attacker-controlled: every byte.
  let held: Uint8Array[] = []
  let size = 0
  let skipping = false

  const hold = (part: Uint8Array) => {
    if (skipping) return
    size += part.length
    if (size <= maxBytes) return void held.push(part)
    skipping = true
    held = []
    onLine(undefined)
  }
  const end = () => {
    const line = skipping ? undefined : Buffer.concat(held)
    held = []
    size = 0
    skipping = false
    if (!line) return
    const bare = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
    if (bare.length > 0) onLine(bare)
  }
  return (chunk) => {
    for (let from = 0; from < chunk.length; ) {
      const at = chunk.indexOf(LINE_FEED, from)
      hold(chunk.subarray(from, at < 0 ? chunk.length : at))
      if (at < 0) return
      end()
      from = at + 1
    }
  }
}
