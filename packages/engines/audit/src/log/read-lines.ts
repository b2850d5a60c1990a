import { createReadStream } from 'node:fs'

/** One line of a file. */
export interface Line {
  /** From one. */
  readonly number: number
  /** Without the line feed. */
  readonly bytes: Buffer
  /** Where the line starts in the file, in bytes. */
  readonly start: number
  /** False for a last line without a line feed: torn by a crash, or being written now. */
  readonly whole: boolean
}

const LINE_FEED = 0x0a

/**
 * Reads a file line by line. A line that is longer than `mostBytes` ends the reading and is returned as not whole.
 *
 * No library serves: `node:readline` decodes text and does not tell whether the last line was whole.
 */
export async function* readLines(path: string, mostBytes: number): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0)
  let number = 1
  let start = 0
  for await (const chunk of createReadStream(path)) {
    rest = Buffer.concat([rest, chunk])
    let from = 0
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED, from)) {
      yield { number, bytes: rest.subarray(from, end), start, whole: true }
      start += end + 1 - from
      number += 1
      from = end + 1
    }
    rest = rest.subarray(from)
    // attacker-controlled: a file without line feeds must not fill the memory.
    if (rest.length > mostBytes) break
  }
  if (rest.length > 0) yield { number, bytes: rest, start, whole: false }
}
