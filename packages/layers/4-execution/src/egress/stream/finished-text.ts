import { endOfEscapeSequence, HIDDEN_CLASS } from '@lockstep/core'
import { isLowHalf } from '../whole-characters.ts'

/** How much of the end may belong to an escape sequence, or to a character that goes on. */
const UNFINISHED = 4_096

/**
 * Between two characters of which neither shows nothing by itself, changes the one before it, nor is half of a pair. A variation selector belongs to what is
 * before it, so a place behind it is one too.
 */
const BETWEEN = new RegExp(
  `(?:[^${HIDDEN_CLASS}\\r]|[\\ufe0e\\ufe0f])(?=[^${HIDDEN_CLASS}\\p{M}\\u{1f3fb}-\\u{1f3ff}\\r\\n])`,
  'gu',
)

const INTRODUCERS = ['\u001b', '\u0090', '\u0098', '\u009b', '\u009d', '\u009e', '\u009f']

/** Up to where nothing that follows can change what is read: between two plain characters, and in no escape sequence. */
export function endOfFinished(text: string): number {
  const near = Math.max(0, text.length - UNFINISHED)
  let last = text.length - 1
  for (;;) {
    const end = placeBefore(text, near, last)
    const opened = Math.max(...INTRODUCERS.map((one) => (end > near ? text.lastIndexOf(one, end - 1) : -1)))
    if (opened < near || endOfEscapeSequence(text, opened) <= end) return end
    last = opened
  }
}

function placeBefore(text: string, near: number, last: number): number {
  let end = last
  while (end > near && !(isPlain(text.charCodeAt(end - 1)) && isPlain(text.charCodeAt(end)))) end -= 1
  return end > near || near === 0 ? Math.max(0, end) : endBetween(text, near, last)
}

/** In text that has no two plain characters side by side, as of most scripts but the Latin. */
function endBetween(text: string, near: number, last: number): number {
  const from = isLowHalf(text.charCodeAt(near)) ? near + 1 : near
  const found = [...text.slice(from, last).matchAll(BETWEEN)].at(-1)
  return found ? from + found.index + found[0].length : from
}

function isPlain(unit: number): boolean {
  return unit >= 0x20 && unit < 0x7f
}
