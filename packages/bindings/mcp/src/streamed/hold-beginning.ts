import type { TextSource } from '@lockstep/execution/egress'

/** The beginning of a text, and what follows it. */
export interface HeldBeginning {
  readonly text: string
  /** The whole text again, of which this is the beginning; absent where this is all of it. */
  readonly from?: TextSource
}

/** Reads a text to its end, or until more than `most` characters of it have come. */
export async function holdBeginning(next: TextSource, most: number): Promise<HeldBeginning> {
  const held: string[] = []
  for (let length = 0; length <= most; ) {
    const piece = await next()
    if (piece === undefined) return { text: held.join('') }
    held.push(piece)
    length += piece.length
  }
  return { text: held.join(''), from: async () => held.shift() ?? next() }
}
