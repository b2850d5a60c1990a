import type { JsonObject, JsonValue } from '@lockstep/core'
import type { Fits } from './output-plan.ts'
import { ANY_SCALAR, scalarsOf } from './scalar-kinds.ts'

/** What a schema says of the kind of a value. */
export interface SchemaKind {
  /** JSON Schema's types; empty where the schema names none. */
  readonly types: readonly string[]
  readonly nullable: boolean
  /** Which scalars fit; see `ScalarKinds`. */
  readonly scalars: number
  /** Null fits everywhere: it is what a field without a value may be. */
  readonly fits: Fits
}

/** Reads the kind of values that a schema describes, from its `type`. */
export function schemaKind({ type }: JsonObject): SchemaKind {
  const types = (Array.isArray(type) ? type : [type]).filter((one): one is string => typeof one === 'string')
  const fits = (value: JsonValue) => value === null || types.length === 0 || types.some((one) => isOf(one, value))
  return { types, nullable: types.includes('null'), scalars: types.length === 0 ? ANY_SCALAR : scalarsOf(types), fits }
}

/** The type of PostgreSQL that a mask is held against, for a field that is no column. */
export function storedAs({ types }: SchemaKind): string {
  const [one, ...others] = types.filter((type) => type !== 'null')
  if (one === undefined || others.length > 0) return 'json'
  return { string: 'text', integer: 'bigint', number: 'numeric(38,10)', boolean: 'boolean' }[one] ?? 'json'
}

function isOf(type: string, value: JsonValue): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && !Array.isArray(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return false
  }
}
