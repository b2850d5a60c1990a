import { type ColumnMapping, type EntityRef, LockstepError, type Value } from '@lockstep/core'

/** How the values of a column compare to Cedar's: exactly, or the mapping is refused. */
export type AttributeKind =
  | { readonly is: 'boolean' }
  | { readonly is: 'long'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly is: 'string' }
  | { readonly is: 'entity'; readonly entity: string; readonly ids: 'string' | 'uuid' | 'long'; readonly range: Range }

type Range = { readonly minimum: bigint; readonly maximum: bigint }

const RANGES: Readonly<Record<string, Range>> = {
  smallint: { minimum: -32768n, maximum: 32767n },
  integer: { minimum: -2147483648n, maximum: 2147483647n },
  bigint: { minimum: -9223372036854775808n, maximum: 9223372036854775807n },
}
const NO_RANGE: Range = { minimum: 0n, maximum: 0n }
const STRING = /^(text|character varying(\(\d+\))?)$/

/**
 * The kind of attribute that a column can hold. Types whose comparison differs from Cedar's (`character(n)` pads, `numeric`
 * has fractions) are refused with `execution.mapping-invalid`.
 */
export function attributeKind(place: string, mapping: Pick<ColumnMapping, 'type' | 'entity'>): AttributeKind {
  const range = RANGES[mapping.type]
  const string = STRING.test(mapping.type)
  if (mapping.entity !== undefined) {
    const ids = string ? 'string' : mapping.type === 'uuid' ? 'uuid' : range ? 'long' : undefined
    if (ids) return { is: 'entity', entity: mapping.entity, ids, range: range ?? NO_RANGE }
  } else {
    if (string) return { is: 'string' }
    if (range) return { is: 'long', ...range }
    if (mapping.type === 'boolean') return { is: 'boolean' }
  }
  throw new LockstepError('execution.mapping-invalid', `\`${place}\` has a type that no attribute can have`)
}

/**
 * The parameter that stands for a Cedar value in a column of this kind, or `undefined` when no cell can ever equal it (the
 * value is of another type, an id that the column cannot hold).
 */
export function storedValue(kind: AttributeKind, value: Value): string | boolean | undefined {
  switch (kind.is) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'string':
      return typeof value === 'string' ? storable(value) : undefined
    case 'long':
      return typeof value === 'number' ? inRange(kind, String(value)) : undefined
    case 'entity': {
      if (typeof value !== 'object' || !('entity' in value) || value.entity.type !== kind.entity) return undefined
      const { id } = value.entity
      if (kind.ids === 'long') return inRange(kind.range, id)
      if (kind.ids === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined
      return storable(id)
    }
  }
}

/**
 * The Cedar value that a cell of this kind holds, from what a driver returned. Throws `execution.mapping-invalid` for
 * anything else: a NULL, a number that is not safe.
 */
export function loadedValue(place: string, kind: AttributeKind, cell: unknown): Value {
  if (kind.is === 'boolean' && typeof cell === 'boolean') return cell
  if (kind.is === 'string' && typeof cell === 'string') return cell
  if (kind.is === 'long') {
    const number =
      typeof cell === 'string' && INTEGER.test(cell) ? Number(cell) : typeof cell === 'bigint' ? Number(cell) : cell
    if (Number.isSafeInteger(number) && typeof number === 'number') return number
  }
  if (kind.is === 'entity' && ['string', 'number', 'bigint'].includes(typeof cell)) {
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
