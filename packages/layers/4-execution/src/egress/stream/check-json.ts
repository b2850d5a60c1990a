import { JsonRejection } from '@lockstep/core'
import { DEEPEST_VALUE } from '../deepest-value.ts'
import { wholeCharacters } from '../whole-characters.ts'
import type { JsonCursor } from './json-cursor.ts'

/** Characters of a value that is looked at whole. */
const WHOLE = 65_536

/**
 * Reads a JSON text to its end as strictly as it would be read whole, and holds no more of it than one small value and the names of the objects
 * that are open.
 *
 * @throws JsonRejection `too-large` for an object with more names than are held; for any other reason it is no JSON, or not in one way
 */
export async function checkJson(cursor: JsonCursor): Promise<void> {
  await checkValue(cursor, DEEPEST_VALUE)
  if ((await cursor.peek()) !== '') throw new JsonRejection('malformed')
}

async function checkValue(cursor: JsonCursor, depth: number): Promise<void> {
  if ((await cursor.value(WHOLE, depth)) !== undefined) return
  const first = await cursor.peek()
  if (first === '"') {
    return checkText(cursor)
  }
  if (first !== '{' && first !== '[') throw new JsonRejection('malformed')
  if (depth === 0) throw new JsonRejection('too-deep')
  if (first === '{') for await (const _ of cursor.members()) await checkValue(cursor, depth - 1)
  else for await (const _ of cursor.items()) await checkValue(cursor, depth - 1)
}

async function checkText(cursor: JsonCursor): Promise<void> {
  let half = ''
  for await (const piece of cursor.text()) {
    const text = half + piece
    const whole = wholeCharacters(text)
    half = text.slice(whole.length)
    if (!whole.isWellFormed()) throw new JsonRejection('malformed')
  }
  if (half !== '') throw new JsonRejection('malformed')
}
