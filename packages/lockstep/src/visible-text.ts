const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/**
 * The text on one line with nothing hidden in it: controls, bidirectional overrides and zero-width characters are written as
 * `\u{1b}`. They are shown and not removed, because two names that differ must look different.
 */
export function visibleText(text: string): string {
  // attacker-controlled: subjects, actors and tool names come from tokens and requests, and a terminal obeys what it prints.
  return text.replaceAll('\\', '\\\\').replace(INVISIBLE, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`)
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
