/**
 * Characters that people do not see and models and terminals do: C0 and C1 controls (but tab, line feed and carriage return),
 * bidirectional overrides and isolates, zero-width characters, variation tags and the tag block.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is what this pattern is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\u{e0001}|[\u{e0020}-\u{e007f}]/gu

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins the sequences to remove
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** The text without terminal escape sequences and hidden characters. What a person would see is what a model is given. */
export function plainText(text: string): string {
  return text.replace(ANSI, '').replace(HIDDEN, '')
}
