import { isLowHalf } from '../whole-characters.ts'

/** A part of a text, as it is searched at once. */
export interface TextPart {
  readonly text: string
  /** Where what is not decided on begins: before it stands what was, so that what looks behind itself sees it. */
  readonly from: number
  /** Nothing follows the part. */
  readonly isLast: boolean
}

/** Cuts a text into parts that are searched one after the other. */
export interface TextWindow {
  add(text: string): void
  /** The next part; `undefined` while more of the text must come first. @param isOver nothing more will */
  part(isOver: boolean): TextPart | undefined
  /** Passes over what was decided on. @param end as the search of the part answered it */
  pass(end: number): void
}

/** How much is searched at once. UTF-16 code units. */
export interface WindowSize {
  /** How much of what was decided on is shown again. */
  readonly behind: number
  /** How much is decided on at once. */
  readonly portion: number
  /** How much is seen beyond it: what is found may be as long. */
  readonly ahead: number
}

/** The longest that is found with an end of its own, a token with a large payload, has some 24,600 characters. */
const WINDOW: WindowSize = { behind: 512, portion: 65_536, ahead: 32_768 }

/**
 * Creates the window of one text.
 *
 * INVARIANT: where the parts of a text begin and end is decided by the text alone, and not by the pieces in which it comes. So a text that is
 * held whole and one that is streamed are searched alike.
 */
export function createTextWindow({ behind, portion, ahead }: WindowSize = WINDOW): TextWindow {
  let held = ''
  let from = 0
  return {
    add(text) {
      held += text
    },
    part(isOver) {
      const end = from + portion + ahead
      if (held.length > end) return { text: held.slice(0, end), from, isLast: false }
      return isOver ? { text: held, from, isLast: true } : undefined
    },
    pass(end) {
      const start = Math.max(0, end - behind)
      held = held.slice(start)
      from = end - start
    },
  }
}

/** Where what is decided on of a part ends, between two characters. */
export function limitOf({ text, isLast }: TextPart, { ahead }: WindowSize = WINDOW): number {
  if (isLast) return text.length
  const limit = text.length - ahead
  return isLowHalf(text.charCodeAt(limit)) ? limit - 1 : limit
}
