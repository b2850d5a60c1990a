export { visibleText } from '@lockstep/core'

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** A value as JSON on one line, in which everything invisible is escaped as JSON does. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (hidden) =>
    Array.from(
      { length: hidden.length },
      (_, index) => `\\u${hidden.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
