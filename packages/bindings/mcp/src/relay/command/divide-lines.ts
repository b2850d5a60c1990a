const LINE_FEED = 0x0a

/** A line, or a piece of one that is too long to be held. */
export interface LinePart {
  readonly bytes: Buffer
  readonly isFirst: boolean
  readonly isLast: boolean
}

/**
 * Divides a stream into lines, without their ends, and hands a line of more than `most` bytes on in pieces. The stream is read as the parts are
 * taken. What has no end when the stream ends has no last part, and is told only if it was begun.
 *
 * Not `readLines`, which is given chunks, whoever reads, and holds each line whole.
 */
export async function* divideLines(
  source: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<LinePart, void, undefined> {
  let held: Uint8Array[] = []
  let size = 0
  let isFirst = true
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const at = chunk.indexOf(LINE_FEED, from)
      const isLast = at >= 0
      const end = isLast ? at : chunk.length
      held.push(chunk.subarray(from, end))
      size += end - from
      from = end + 1
      if (!isLast && isFirst && size <= most) continue
      yield { bytes: Buffer.concat(held), isFirst, isLast }
      isFirst = isLast
      held = []
      size = 0
    }
  }
}
