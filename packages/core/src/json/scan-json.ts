import type { JsonRejectionReason } from './json-rejection.ts'

const [OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY, COMMA, QUOTE, BACKSLASH] = [
  0x7b, 0x5b, 0x7d, 0x5d, 0x2c, 0x22, 0x5c,
]
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Walks a JSON text once, without recursion, and says what JSON.parse would not: a duplicate member, too deep, too many members, a
 * string that is not well-formed Unicode. The grammar itself is left to JSON.parse, which must be asked afterwards: on a text
 * that is not JSON this answers some reason or none.
 */
export function scanJson(text: string, maxDepth: number, maxMembers: number): JsonRejectionReason | undefined {
  // The names seen in every open object, innermost last; undefined stands for an open array.
  const open: (Set<string> | undefined)[] = []
  let members = 0
  let nameNext = false

  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    switch (code) {
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        if (open.length >= maxDepth) return 'too-deep'
        if (++members > maxMembers) return 'too-large'
        const isObject = code === OPEN_OBJECT
        open.push(isObject ? new Set() : undefined)
        nameNext = isObject
        break
      }
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop()
        nameNext = false
        break
      case COMMA:
        if (++members > maxMembers) return 'too-large'
        nameNext = open.at(-1) !== undefined
        break
      case QUOTE: {
        const end = endOfString(text, at)
        if (end === undefined) return 'malformed'
        const value = readString(text, at, end)
        if (value === undefined) return 'malformed'
        if (nameNext) {
          const names = open.at(-1)
          if (names?.has(value)) return 'duplicate-member'
          names?.add(value)
          nameNext = false
        }
        at = end
        break
      }
    }
  }
  return undefined
}

/** The index of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number | undefined {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    // An odd number of backslashes in front of it makes it a character of the string.
    let first = end
    while (text.charCodeAt(first - 1) === BACKSLASH) first--
    if ((end - first) % 2 === 0) return end
  }
  return undefined
}

/** The string between two quotes; undefined when it is no JSON string or not well-formed Unicode. */
function readString(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start + 1, end)
  // Only an escape can name a lone surrogate: the decoder let none through.
  if (!raw.includes('\\')) return raw
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1))
    return typeof value === 'string' && !LONE_SURROGATE.test(value) ? value : undefined
  } catch {
    return undefined
  }
}
