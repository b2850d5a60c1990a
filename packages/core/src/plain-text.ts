import { HIDDEN_CHARACTERS, HIDDEN_CLASS } from './hidden-characters.ts'

/**
 * What a terminal obeys (ECMA-48): sequences that begin with CSI; texts that begin with OSC (also hyperlinks), DCS, SOS, PM or APC, to their end or
 * the end of the line; and other escapes. Each has a form with ESC and one of a single C1 control. No part of it can match twice, so it takes linear time.
 */
const ANSI =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters begin the sequences to remove
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\r\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g

const ANSI_HERE = new RegExp(ANSI.source, 'y')

const REMOVED = `${HIDDEN_CLASS}\\u2028\\u2029`

/** Anything that is removed or rewritten: nearly no text has any of it. */
const SUSPECT = new RegExp(`[${REMOVED}]|\\r(?!\\n)`, 'u')

/**
 * The same for text of single units, where a half of any pair is suspect. The flag `u` makes a search in text beyond Latin-1 fifteen times
 * slower; so what there is to find is worked out once.
 */
const UNITS = unitsOf(REMOVED)
const SUSPECT_UNIT = new RegExp(`[${UNITS}\\ud800-\\udfff]|\\r(?!\\n)`)
/** In what JSON.stringify wrote: a control or half a pair is spelled with a backslash. */
const SUSPECT_JSON = new RegExp(`[${UNITS}\\ud800-\\udfff]|\\\\[^"\\\\nt]`)

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
  if (!SUSPECT_UNIT.test(text) || !SUSPECT.test(text)) return text
  return text.toWellFormed().replace(ANSI, '').replace(HIDDEN_CHARACTERS, '').replace(LONE_LINE_ENDS, '\n')
}

/**
 * Where the terminal escape sequence that begins at `at` ends, as far as the text goes; `at` where none begins. A text that is sanitized in pieces must not
 * be divided within one.
 */
export function endOfEscapeSequence(text: string, at: number): number {
  ANSI_HERE.lastIndex = at
  return at + (ANSI_HERE.exec(text)?.[0].length ?? 0)
}

/**
 * Whether every text and every name in a value is its own plain text, told by the JSON that was made of it: one search instead of one for each. False
 * where that cannot be told at a glance.
 *
 * @param text as `JSON.stringify` writes it, without blanks
 */
export function isPlainJson(text: string): boolean {
  const isAscii = Buffer.byteLength(text) === text.length
  return (isAscii && !text.includes('\\') && !text.includes('\u007f')) || !SUSPECT_JSON.test(text)
}

/** The ranges of a class among the characters of one unit that are no halves of pairs, as a class without the flag `u` takes them. */
function unitsOf(characters: string): string {
  const units = Uint16Array.from({ length: 0x10000 - 0x800 }, (_, n) => (n < 0xd800 ? n : n + 0x800))
  const all = Buffer.from(units.buffer).toString('utf16le')
  const spelled = (at: number) => `\\u${(at < 0xd800 ? at : at + 0x800).toString(16).padStart(4, '0')}`
  return [...all.matchAll(new RegExp(`[${characters}]+`, 'gu'))]
    .map(({ index, 0: run }) => `${spelled(index)}-${spelled(index + run.length - 1)}`)
    .join('')
}
