import { hash } from 'node:crypto'
import { createBoundedMemory } from '../bounded-memory.ts'
import type { JsonValue } from '../json.ts'
import { JsonRejection } from './json-rejection.ts'
import { sortNames } from './sort-names.ts'

/** Characters that stand for themselves between quotes: no control characters, no quote, no backslash, no surrogates. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\ud7ff\ue000-\uffff]*$/
const MAX_DEPTH = 64

/**
 * The canonical text of a JSON value (RFC 8785). Two values have the same text if and only if they are the same value.
 *
 * Stricter than the libraries, which drop `undefined`, honor `toJSON` or overflow the stack: throws JsonRejection `unsafe-value`
 * on a number that is not finite or an integer beyond 2^53 (two texts of which mean one number), `undefined`, and everything
 * that is not a plain object or a dense array; `malformed` on a lone surrogate; `too-deep` beyond 64 levels.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0)
}

/** The base64url SHA-256 of a value's canonical text. Throws as `canonicalJson` does. */
export function digest(value: JsonValue): string {
  return hash('sha256', canonicalJson(value), 'base64url')
}

// Takes `unknown`: what the type promises is checked here, because values arrive from handlers and drivers too.
function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return writeString(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value !== 'object') throw new JsonRejection('unsafe-value')
  if (depth >= MAX_DEPTH) throw new JsonRejection('too-deep')
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1)
}

function writeString(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new JsonRejection('malformed')
  return JSON.stringify(value)
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new JsonRejection('unsafe-value')
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new JsonRejection('unsafe-value')
  // RFC 8785 section 3.2.2.3 is ECMAScript's own serialization, where -0 is 0.
  return String(value)
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '['
  // By index, which sees holes as undefined; map would skip them.
  for (let at = 0; at < items.length; at++) {
    if (at > 0) text += ','
    text += write(items[at], depth)
  }
  return `${text}]`
}

function writeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) throw new JsonRejection('unsafe-value')
  if (Object.getOwnPropertySymbols(object).length > 0) throw new JsonRejection('unsafe-value')
  const members = object as Readonly<Record<string, unknown>>
  let text = '{'
  for (const name of sortNames(Object.keys(members))) {
    if (text !== '{') text += ','
    text += writeName(name)
    text += write(members[name], depth)
  }
  return `${text}}`
}

/** Names are few and come again in every value, so what was written of the last ones is kept. */
const written = createBoundedMemory<string>(2_000)
const MAX_REMEMBERED_NAME = 64

function writeName(name: string): string {
  const known = written.get(name)
  if (known !== undefined) return known
  const text = `${writeString(name)}:`
  if (name.length <= MAX_REMEMBERED_NAME) written.set(name, text)
  return text
}
