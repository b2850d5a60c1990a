import { JsonRejection, type JsonValue, parseJsonText } from '@lockstep/core'
import { DEEPEST_VALUE } from '../deepest-value.ts'
import { endOfEscapes } from './end-of-escapes.ts'
import { createValueScan } from './scan-value.ts'

/** A JSON text as it comes: pieces of it, none empty, until `undefined`. */
export type TextSource = () => Promise<string | undefined>

/**
 * A place in a JSON text that has not come whole. Throws JsonRejection for what is not JSON, for a name that an object has twice as far as values
 * are read, and for what is deeper or larger than the bounds.
 *
 * Of the libraries, those that give values whole hold a string whole, and those that give tokens neither see names twice nor come near the speed of
 * `JSON.parse`: so where values end is found here, and what they are is left to the parser of the house.
 */
export interface JsonCursor {
  /** Characters that were taken. */
  position(): number
  /** The next character that is no white space; empty at the end. */
  peek(): Promise<string>
  /** Takes this character, which must be the next. */
  take(character: string): Promise<void>
  /** Reads a whole value. `undefined`, and nothing is taken, for one of more than `most` characters. @defaultValue maxDepth 64 */
  value(most: number, maxDepth?: number): Promise<JsonValue | undefined>
  /** Passes a value over. What stands in it is held against its brackets and quotes alone. */
  skip(): Promise<void>
  /** Reads a string piece by piece, decoded. */
  text(): AsyncGenerator<string, void>
  /** The members of an object: the name of each, after which its value must be taken. No name comes twice. */
  members(): AsyncGenerator<string, void>
  /** The items of a list: after each, its value must be taken. */
  items(): AsyncGenerator<void, void>
}

const LONGEST_NAME = 4_096
const MOST_NAMES = 10_000

/** Makes of the text of a value what it says. Throws JsonRejection. */
export type ParseValue = (text: string, maxDepth: number) => JsonValue

/** Creates a cursor at the beginning of a text. @param parse strictly, where nothing is said */
export function createJsonCursor(
  next: TextSource,
  parse: ParseValue = (text, maxDepth) => parseJsonText(text, { maxDepth }),
): JsonCursor {
  let buffer = ''
  let at = 0
  let before = 0

  const grow = async (): Promise<boolean> => {
    const more = await next()
    if (more === undefined) return false
    before += at
    buffer = at === buffer.length ? more : buffer.slice(at) + more
    at = 0
    return true
  }
  const peek = async (): Promise<string> => {
    for (;;) {
      while (at < buffer.length && isSpace(buffer.charCodeAt(at))) at += 1
      if (at < buffer.length) return buffer.charAt(at)
      if (!(await grow())) return ''
    }
  }
  const take = async (character: string): Promise<void> => {
    if ((await peek()) !== character) throw new JsonRejection('malformed')
    at += 1
  }
  const value = async (most: number, maxDepth = DEEPEST_VALUE): Promise<JsonValue | undefined> => {
    if ((await peek()) === '') throw new JsonRejection('malformed')
    const scan = createValueScan()
    const taken = (text: string, end: number): JsonValue | undefined => {
      if (end - at > most) return undefined
      const value = text.slice(at, end)
      at = end
      return parse(value, maxDepth)
    }
    const end = scan(buffer, at)
    if (end >= 0) return taken(buffer, end)
    // What was taken is not held. Pieces are put together once: a long value would otherwise be copied with each of them.
    before += at
    buffer = buffer.slice(at)
    at = 0
    const pieces = [buffer]
    let { length } = buffer
    for (;;) {
      const piece = length > most ? undefined : await next()
      const ended = piece === undefined ? -1 : scan(piece, 0)
      if (piece !== undefined) pieces.push(piece)
      if (piece !== undefined && ended < 0) {
        length += piece.length
        continue
      }
      buffer = pieces.join('')
      if (piece !== undefined) return taken(buffer, length + ended)
      if (length > most) return undefined
      throw new JsonRejection('malformed')
    }
  }
  const skip = async (): Promise<void> => {
    if ((await peek()) === '') throw new JsonRejection('malformed')
    const scan = createValueScan(DEEPEST_VALUE)
    for (;;) {
      const end = scan(buffer, at)
      at = end < 0 ? buffer.length : end
      if (end >= 0) return
      if (!(await grow())) throw new JsonRejection('malformed')
    }
  }
  async function* text(): AsyncGenerator<string, void> {
    await take('"')
    for (;;) {
      const { end, isLast } = endOfEscapes(buffer, at)
      const raw = buffer.slice(at, end)
      at = isLast ? end + 1 : end
      if (raw !== '') yield decoded(raw)
      if (isLast) return
      if (!(await grow())) throw new JsonRejection('malformed')
    }
  }
  async function* separated(open: string, close: string): AsyncGenerator<void, void> {
    await take(open)
    if ((await peek()) === close) return take(close)
    for (;;) {
      yield
      if ((await peek()) === close) return take(close)
      await take(',')
    }
  }
  async function* members(): AsyncGenerator<string, void> {
    const names = new Set<string>()
    for await (const _ of separated('{', '}')) {
      if ((await peek()) !== '"') throw new JsonRejection('malformed')
      const name = await value(LONGEST_NAME)
      if (typeof name !== 'string' || names.size >= MOST_NAMES) throw new JsonRejection('too-large')
      if (names.has(name)) throw new JsonRejection('duplicate-member')
      names.add(name)
      await take(':')
      yield name
    }
  }
  return { position: () => before + at, peek, take, value, skip, text, members, items: () => separated('[', ']') }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function decoded(raw: string): string {
  // A text without escapes and control characters, which is nearly all of them, stands for itself.
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    throw new JsonRejection('malformed')
  }
}
