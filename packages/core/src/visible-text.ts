import { UNSURE_CLASS } from './hidden-characters.ts'

const INVISIBLE = new RegExp(`[${UNSURE_CLASS}]`, 'gu')

/**
 * The text on one line with nothing hidden in it: controls, bidirectional overrides and zero-width characters are written as
 * `\u{1b}`. They are shown and not removed, because two names that differ must look different.
 */
export function visibleText(text: string): string {
  // attacker-controlled: subjects, actors and tool names come from tokens and requests, and a terminal obeys what it prints.
  return text.replaceAll('\\', '\\\\').replace(INVISIBLE, spelled)
}

/** Letters of scripts that have letters like the Latin ones. */
const ALIKE =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}\p{Script=Deseret}\p{Script=Georgian}]/gu
const LATIN = /\p{Script=Latin}/u
/** A mark on a Latin letter that is a character of its own: the composed letter looks the same. */
const LOOSE_MARK = /(?<=\p{Script=Latin}\p{M}*)\p{M}/gu
/** Blanks, dashes and digits that look like those of ASCII, and letters that are others in another form: fullwidth, mathematical. */
const OTHER_FORM = /[\p{Zs}\p{Pd}\p{Nd}\p{L}]/gu

/**
 * The text as people may rely on it when they decide: as `visibleText`, and what only looks like something else is written as `\u{430}`: letters
 * of another script among Latin ones, fullwidth and mathematical letters, odd blanks and dashes.
 */
export function distinctText(text: string): string {
  const visible = visibleText(text)
  const marked = visible
    .replace(LOOSE_MARK, spelled)
    .replace(OTHER_FORM, (one) => (isOtherForm(one) ? spelled(one) : one))
  return LATIN.test(text) ? marked.replace(ALIKE, spelled) : marked
}

/** The text in ASCII alone: every other character is written as `\u{430}`, so that any two that differ look different. */
export function asciiText(text: string): string {
  return visibleText(text).replace(/[^\u0020-\u007e]/gu, spelled)
}

function isOtherForm(one: string): boolean {
  if (one <= '\u007f') return false
  return /\p{L}/u.test(one) ? one.normalize('NFKC') !== one : true
}

function spelled(one: string): string {
  return `\\u{${one.codePointAt(0)?.toString(16)}}`
}

/** A value as JSON on one line, in which everything invisible is escaped as JSON does. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (hidden) =>
    Array.from(
      { length: hidden.length },
      (_, index) => `\\u${hidden.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
