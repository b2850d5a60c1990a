import { StringDecoder } from 'node:string_decoder'
import { JsonRejection } from '@lockstep/core'
import { wholeCharacters } from '../whole-characters.ts'
import { checkJson } from './check-json.ts'
import { createJsonCursor, type ParseValue, type TextSource } from './json-cursor.ts'
import type { Spool } from './spool.ts'

/** A text that waits in a spool until all of it is known. */
export interface HeldText {
  readonly isJson: boolean
  readonly from: number
  readonly to: number
}

/** Bytes that wait in a file until they are known. */
const MOST_HELD = 1_073_741_824

/** How a text is held. */
export interface HoldTextOptions {
  /** How values in it are read. @defaultValue strictly */
  readonly parse?: ParseValue | undefined
  /** Whether what is no JSON is held to its end; it is passed over else. */
  readonly keepsAll: boolean
}

/**
 * Holds a text, and learns on the way whether it is JSON from end to end: of what is almost JSON nobody knows before it is over.
 *
 * @throws JsonRejection `too-large` beyond what is held
 */
export async function holdText(
  next: TextSource,
  spool: Spool,
  { parse, keepsAll }: HoldTextOptions,
): Promise<HeldText> {
  const from = spool.length
  let half = ''
  const keep = async (piece: string): Promise<void> => {
    const text = half + piece
    const whole = wholeCharacters(text)
    half = text.slice(whole.length)
    await spool.add(whole)
    if (spool.length > MOST_HELD) throw new JsonRejection('too-large')
  }
  const held: TextSource = async () => {
    const piece = await next()
    if (piece !== undefined) await keep(piece)
    return piece
  }
  let isJson = true
  try {
    await checkJson(createJsonCursor(held, parse))
  } catch (error) {
    if (!(error instanceof JsonRejection) || error.reason === 'too-large') throw error
    isJson = false
  }
  // What is no JSON was not read to its end.
  for (let piece = await next(); piece !== undefined; piece = await next()) if (keepsAll) await keep(piece)
  await spool.add(half)
  return { isJson, from, to: spool.length }
}

/** Reads it again, in pieces. */
export function readHeld(spool: Spool, { from, to }: HeldText): TextSource {
  const decoder = new StringDecoder('utf8')
  const bytes = spool.read(from, to)
  return async () => {
    for (;;) {
      const { value, done } = await bytes.next()
      const text = done || !value ? decoder.end() : decoder.write(value)
      if (text !== '') return text
      if (done) return undefined
    }
  }
}
