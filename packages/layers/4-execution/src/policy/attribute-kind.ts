import { type ColumnMapping, type EntityRef, isExtensionLiteral, LockstepError, type Value } from '@lockstep/core'
import { instantText } from './instant-text.ts'

/** How the values of a column compare to Cedar's: exactly, or the mapping is refused. */
export type AttributeKind = ScalarKind | { readonly is: 'set'; readonly of: ScalarKind }

/** One value in one cell. */
export type ScalarKind =
  | { readonly is: 'boolean' }
  | { readonly is: 'long'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly is: 'string' }
  | { readonly is: 'decimal' }
  | { readonly is: 'datetime' }
  | {
      readonly is: 'entity'
      readonly entity: string
      readonly ids: 'string' | 'uuid' | 'long' | 'none'
      readonly range: Range
    }

type Range = { readonly minimum: bigint; readonly maximum: bigint }

const RANGES: Readonly<Record<string, Range>> = {
  smallint: { minimum: -32768n, maximum: 32767n },
  integer: { minimum: -2147483648n, maximum: 2147483647n },
  bigint: { minimum: -9223372036854775808n, maximum: 9223372036854775807n },
}
const NO_RANGE: Range = { minimum: 0n, maximum: 0n }
const STRING = /^(text|character varying(\(\d+\))?)$/
const NUMERIC = /^numeric\((\d+),([0-4])\)$/
const INSTANT = /^timestamp\([0-3]\) with time zone$/
const ARRAY = /\[\]$/

/**
 * The kind of attribute that a column can hold. Types whose comparison differs from Cedar's are refused with
 * `execution.mapping-invalid`: `character(n)` pads, `numeric` without a bound has more digits than a decimal, a timestamp of
 * microseconds is finer than a datetime.
 */
export function attributeKind(place: string, mapping: Pick<ColumnMapping, 'type' | 'entity'>): AttributeKind {
  if (!ARRAY.test(mapping.type)) return scalarKind(place, mapping)
  const of = scalarKind(place, { ...mapping, type: mapping.type.replace(ARRAY, '') })
  if (of.is === 'decimal' || of.is === 'datetime') throw noAttribute(place)
  return { is: 'set', of }
}

/** The kind of a column that holds one value; see `attributeKind`. */
export function scalarKind(place: string, mapping: Pick<ColumnMapping, 'type' | 'entity'>): ScalarKind {
  const range = RANGES[mapping.type]
  const string = STRING.test(mapping.type)
  if (mapping.entity !== undefined) {
    const ids = string ? 'string' : mapping.type === 'uuid' ? 'uuid' : range ? 'long' : undefined
    if (ids) return { is: 'entity', entity: mapping.entity, ids, range: range ?? NO_RANGE }
  } else {
    if (string) return { is: 'string' }
    if (range) return { is: 'long', ...range }
    if (mapping.type === 'boolean') return { is: 'boolean' }
    if (INSTANT.test(mapping.type)) return { is: 'datetime' }
    const [, precision, scale] = NUMERIC.exec(mapping.type) ?? []
    // A decimal has 64 bits of ten-thousandths: fourteen digits before the point fit in any case.
    if (precision !== undefined && Number(precision) - Number(scale) <= 14) return { is: 'decimal' }
  }
  throw noAttribute(place)
}

/**
 * The parameter that stands for a Cedar value in a column of this kind, or `undefined` when no cell can ever equal it (the
 * value is of another type, an id that the column cannot hold).
 */
export function storedValue(kind: ScalarKind, value: Value): string | boolean | undefined {
  switch (kind.is) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'string':
      return typeof value === 'string' ? storable(value) : undefined
    case 'long':
      return typeof value === 'number' ? inRange(kind, String(value)) : undefined
    case 'decimal':
    case 'datetime': {
      if (typeof value !== 'object' || !('extension' in value) || value.extension.type !== kind.is) return undefined
      return kind.is === 'decimal' ? value.extension.text : instantText(value.extension)
    }
    case 'entity': {
      if (typeof value !== 'object' || !('entity' in value) || value.entity.type !== kind.entity) return undefined
      const { id } = value.entity
      if (kind.ids === 'none') return undefined
      if (kind.ids === 'long') return inRange(kind.range, id)
      if (kind.ids === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined
      return storable(id)
    }
  }
}

/**
 * The Cedar value that a cell of this kind holds, from what a driver returned. Throws `execution.mapping-invalid` for
 * anything else: a NULL, also among the members of an array, a number that is not safe, `NaN`, `infinity`.
 */
export function loadedValue(place: string, kind: AttributeKind, cell: unknown): Value {
  if (kind.is === 'set' && Array.isArray(cell)) {
    return { set: cell.map((member: unknown) => loadedValue(place, kind.of, member)) }
  }
  if (kind.is === 'boolean' && typeof cell === 'boolean') return cell
  if (kind.is === 'string' && typeof cell === 'string') return cell
  if (kind.is === 'long') {
    const number =
      typeof cell === 'string' && INTEGER.test(cell) ? Number(cell) : typeof cell === 'bigint' ? Number(cell) : cell
    if (Number.isSafeInteger(number) && typeof number === 'number') return number
  }
  if (kind.is === 'decimal' && (typeof cell === 'string' || typeof cell === 'number')) {
    const text = INTEGER.test(String(cell)) ? `${cell}.0` : String(cell)
    if (isExtensionLiteral('decimal', text)) return { extension: { type: 'decimal', text } }
  }
  if (kind.is === 'datetime') {
    const text = cell instanceof Date && Number.isFinite(cell.getTime()) ? cell.toISOString() : cell
    if (typeof text === 'string' && isExtensionLiteral('datetime', text))
      return { extension: { type: 'datetime', text } }
  }
  if (kind.is === 'entity' && (typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'bigint')) {
    const entity: EntityRef = { type: kind.entity, id: String(cell) }
    return { entity }
  }
  throw new LockstepError('execution.mapping-invalid', `\`${place}\` holds a cell that is not a value of its attribute`)
}

/** An integer as PostgreSQL writes it. */
export const INTEGER = /^(0|-?[1-9]\d*)$/
// a driver would send half a surrogate pair as U+FFFD, which could be equal to something
const SURROGATE = /\p{Surrogate}/u

function inRange(range: Range, text: string): string | undefined {
  if (!INTEGER.test(text) || text.length > 20) return undefined
  const number = BigInt(text)
  return number >= range.minimum && number <= range.maximum ? text : undefined
}

function storable(text: string): string | undefined {
  return text.includes('\u0000') || SURROGATE.test(text) ? undefined : text
}

function noAttribute(place: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', `\`${place}\` has a type that no attribute can have`)
}
