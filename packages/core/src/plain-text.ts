/**
 * Characters that people do not see and models and terminals do: C0 and C1 controls (but tab, line feed and carriage return),
 * bidirectional overrides and isolates, zero-width characters, variation tags and the tag block.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is what this pattern is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\u{e0001}|[\u{e0020}-\u{e007f}]/gu

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins the sequences to remove
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** Anything that either removes, and halves of surrogate pairs: nearly no text has any of them. */
const SUSPECT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is what this pattern is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]/

/**
 * The text without terminal escape sequences and hidden characters, well-formed. What a person would see is what a model is given.
 *
 * Half a surrogate pair becomes U+FFFD first: what is removed between two halves must not make them one character.
 */
export function plainText(text: string): string {
  if (!SUSPECT.test(text)) return text
  return text.toWellFormed().replace(ANSI, '').replace(HIDDEN, '')
}
