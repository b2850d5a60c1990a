import type { Input } from './input.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Cuts what arrives into lines, each as soon as its line feed is there, without it; a last line may lack one. A line of more than `maxBytes`
 * bytes is not kept: it comes as `undefined`, in its place.
 */
export async function* readLines(input: Input, maxBytes: number): AsyncGenerator<Buffer | undefined> {
  // attacker-controlled: a peer may never send a line feed.
  let parts: Uint8Array[] = []
  let bytes = 0
  const add = (part: Uint8Array): void => {
    bytes += part.byteLength
    if (bytes > maxBytes) parts = []
    else parts.push(part)
  }
  const take = (): Buffer | undefined => {
    const line = bytes > maxBytes ? undefined : Buffer.concat(parts, bytes)
    parts = []
    bytes = 0
    return line?.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
  }
  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      add(chunk.subarray(from, end))
      yield take()
      from = end + 1
    }
    if (from < chunk.byteLength) add(chunk.subarray(from))
  }
  if (bytes > 0) yield take()
}
