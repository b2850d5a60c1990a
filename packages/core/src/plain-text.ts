import { HIDDEN_CHARACTERS, HIDDEN_CLASS } from './hidden-characters.ts'

/**
 * What a terminal obeys (ECMA-48): sequences that begin with CSI; texts that begin with OSC (also hyperlinks), DCS, SOS, PM or APC, to their end or
 * the end of the line; and other escapes. Each has a form with ESC and one of a single C1 control. No part of it can match twice, so it takes linear time.
 */
const ANSI =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters begin the sequences to remove
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\r\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g

/** Anything that is removed or rewritten: nearly no text has any of it. */
const SUSPECT = new RegExp(`[${HIDDEN_CLASS}\\u2028\\u2029]|\\r(?!\\n)`, 'u')

const LONE_LINE_ENDS = /[\u2028\u2029]|\r(?!\n)/g

/**
 * The text without terminal escape sequences and hidden characters, well-formed. What a person would see is what a model is given. Text of every
 * script stays as it is: joiners and variation selectors stay where they are part of how it is written. A carriage return that does not end a
 * line, and U+2028 and U+2029, become line feeds.
 *
 * Half a surrogate pair becomes U+FFFD first: what is removed between two halves must not make them one character. The result is never longer, and
 * is its own plain text.
 */
export function plainText(text: string): string {
  if (!SUSPECT.test(text)) return text
  return text.toWellFormed().replace(ANSI, '').replace(HIDDEN_CHARACTERS, '').replace(LONE_LINE_ENDS, '\n')
}
