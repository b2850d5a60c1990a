import type { JsonRejectionReason } from './json-rejection.ts'

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
    switch (text[at]) {
      case '{':
      case '[': {
        if (open.length >= maxDepth) return 'too-deep'
        if (++members > maxMembers) return 'too-large'
        const isObject = text[at] === '{'
        open.push(isObject ? new Set() : undefined)
        nameNext = isObject
        break
      }
      case '}':
      case ']':
        open.pop()
        nameNext = false
        break
      case ',':
        if (++members > maxMembers) return 'too-large'
        nameNext = open.at(-1) !== undefined
        break
      case '"': {
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
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
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
