import { JsonRejection } from '@lockstep/core'

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY] = [0x7b, 0x5b, 0x7d, 0x5d]

/**
 * Looks for the end of one value in a text that comes in pieces. Answers the index after it, or -1 when it is not in this piece; the next piece is
 * then looked at from where this one ended.
 */
export type ValueScan = (text: string, from: number) => number

/** Creates the scan of one value that begins where it first looks. @throws JsonRejection `too-deep`, or `malformed` where none begins */
export function createValueScan(maxDepth = Number.POSITIVE_INFINITY): ValueScan {
  let depth = 0
  let inString = false
  let isEscaped = false
  let inScalar = false

  /** The index after the closing quote, or -1. */
  const endOfString = (text: string, from: number): number => {
    let begin = from
    if (isEscaped) {
      if (begin >= text.length) return -1
      isEscaped = false
      begin += 1
    }
    for (let quote = text.indexOf('"', begin); quote >= 0; quote = text.indexOf('"', quote + 1)) {
      if (!isOdd(text, begin, quote)) {
        inString = false
        return quote + 1
      }
    }
    isEscaped = isOdd(text, begin, text.length)
    return -1
  }

  return (text, from) => {
    let at = from
    while (at < text.length) {
      if (inString) {
        at = endOfString(text, at)
        if (at < 0) return -1
        if (depth === 0) return at
        continue
      }
      const code = text.charCodeAt(at)
      if (inScalar) {
        if (isEnd(code)) return at
        at += 1
        continue
      }
      at += 1
      if (code === QUOTE) inString = true
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
        depth += 1
        if (depth > maxDepth) throw new JsonRejection('too-deep')
      } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        depth -= 1
        if (depth < 0) throw new JsonRejection('malformed')
        if (depth === 0) return at
      } else if (depth === 0) {
        if (isEnd(code)) throw new JsonRejection('malformed')
        inScalar = true
      }
    }
    return -1
  }
}

/** Whether an odd number of backslashes ends before `end`: then what follows is escaped. */
function isOdd(text: string, begin: number, end: number): boolean {
  let first = end
  while (first > begin && text.charCodeAt(first - 1) === BACKSLASH) first -= 1
  return (end - first) % 2 === 1
}

function isEnd(code: number): boolean {
  return code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code <= 0x20
}
