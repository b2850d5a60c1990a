import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { CedarRecord, RecordGap } from './cedar-type.ts'
import type { Gap } from './gap.ts'
import { ARRAY_KEYWORDS, isBesideTypes, OBJECT_KEYWORDS, READ_KEYWORDS } from './json-keywords.ts'
import { bothShapes, eitherShape, type JsonShape, recordOfShape } from './json-shape.ts'
import { followReference, pointerTo } from './local-reference.ts'
import { valueShape } from './value-shape.ts'

/** Far below what the schema's text may nest, and what arguments may. */
const MAX_DEPTH = 12
const MAX_SCHEMAS = 5_000

/** Names that no argument can have: calls that carry them are refused, or policies cannot tell them from something else. */
const UNUSABLE = new Set(['__proto__', 'constructor', 'prototype', 'toJSON', '__entity', '__extn', '__expr'])
const MAX_NAME = 128

interface Walk {
  readonly document: JsonValue
  readonly root: string
  /** The references that are being followed. */
  readonly following: readonly string[]
  readonly depth: number
  /** Whether all of this may be a default as it stands, in which nothing else is filled in. */
  readonly preset: boolean
  readonly budget: { left: number }
  readonly tell: (gap: Gap) => void
}

const ANY = { is: { kind: 'any' }, nullable: true, filled: false, notes: [] } as const

/**
 * Maps the JSON Schema of a tool's input to the record type that Cedar has for it, member by member: what has no type there becomes a gap,
 * with its JSON pointer. What a schema only bounds (lengths, patterns, ranges) is no matter of types.
 *
 * A member that may be null is optional, because `null` counts as absent; one with a default is required, because the tool's schema
 * fills it in before anybody decides, unless it stands inside of a default, which is taken as it is.
 *
 * @param pointer where the schema stands
 */
export function mapJsonSchema(
  schema: JsonValue,
  pointer: string,
): { readonly record: CedarRecord; readonly gaps: readonly Gap[] } {
  const gaps: Gap[] = []
  const tell = (gap: Gap) => void gaps.push(gap)
  // attacker-controlled: the manifest is what a server said of itself.
  const walk: Walk = {
    document: schema,
    root: pointer,
    following: [],
    depth: 0,
    preset: false,
    budget: { left: MAX_SCHEMAS },
    tell,
  }
  const shape = read(schema, pointer, walk)
  if (shape.is.kind === 'record') return { record: recordOfShape(shape.is, tell), gaps }
  if (shape.is.kind !== 'unmapped') tell({ pointer, says: 'is no object' })
  return { record: { members: new Map(), gaps: shape.notes.map((says) => ({ says })) }, gaps }
}

function read(schema: JsonValue, pointer: string, walk: Walk): JsonShape {
  walk.budget.left -= 1
  if (walk.budget.left < 0) return unmapped(pointer, `is more than ${MAX_SCHEMAS} schemas`, walk)
  if (walk.depth > MAX_DEPTH) return unmapped(pointer, `nests deeper than ${MAX_DEPTH} levels`, walk)
  if (schema === true) return { ...ANY, pointer }
  if (schema === false) return unmapped(pointer, 'permits nothing', walk)
  if (!isJsonObject(schema)) return unmapped(pointer, 'is no schema', walk)
  const hasDefault = (schema.default ?? null) !== null
  const inside = { ...walk, depth: walk.depth + 1, preset: walk.preset || hasDefault }
  const parts = [
    own(schema, pointer, inside),
    ...references(schema, pointer, inside),
    ...composed(schema, pointer, inside),
  ]
  const shape = parts.reduce((a, b) => bothShapes(a, b, walk.tell))
  const notes = Object.keys(schema).flatMap((keyword) => {
    if (READ_KEYWORDS.has(keyword) || isBesideTypes(keyword, schema[keyword])) return []
    const says = `\`${keyword.slice(0, MAX_NAME)}\` is not mapped`
    walk.tell({ pointer: pointerTo(pointer, keyword), says: 'is a keyword that is not mapped' })
    return [says]
  })
  return { ...shape, pointer, notes: [...shape.notes, ...notes], filled: hasDefault && !walk.preset }
}

function references({ $ref: reference }: JsonObject, pointer: string, walk: Walk): readonly JsonShape[] {
  if (reference === undefined) return []
  const at = pointerTo(pointer, '$ref')
  if (typeof reference !== 'string') return [unmapped(at, 'is no reference', walk)]
  if (walk.following.includes(reference)) return [unmapped(at, 'refers to itself', walk)]
  const found = followReference(walk.document, reference)
  if (found === undefined) return [unmapped(at, 'refers to nothing in this schema', walk)]
  const place = `${walk.root}${reference.slice(1)}`
  return [read(found, place, { ...walk, following: [...walk.following, reference] })]
}

function composed(schema: JsonObject, pointer: string, walk: Walk): readonly JsonShape[] {
  const all = branches(schema, 'allOf', pointer, walk)
  const either = ['anyOf', 'oneOf'].flatMap((keyword) => {
    if (schema[keyword] === undefined) return []
    return [eitherShape(branches(schema, keyword, pointer, walk), pointerTo(pointer, keyword), walk.tell)]
  })
  return [...all, ...either]
}

function branches(schema: JsonObject, keyword: string, pointer: string, walk: Walk): readonly JsonShape[] {
  const list = schema[keyword]
  if (list === undefined) return []
  const at = pointerTo(pointer, keyword)
  if (!Array.isArray(list)) return [unmapped(at, 'is no list of schemas', walk)]
  return list.map((branch: JsonValue, index) => read(branch, pointerTo(at, index), walk))
}

/** What the keywords of one schema say, without those that refer and compose. */
function own(schema: JsonObject, pointer: string, walk: Walk): JsonShape {
  const { type } = schema
  const values = valueShape(schema, pointer, walk.tell)
  if (type === undefined) {
    if (values) return values
    if (OBJECT_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return object(schema, pointer, walk)
    if (ARRAY_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))) return array(schema, pointer, walk)
    return { ...ANY, pointer }
  }
  const types: readonly JsonValue[] = Array.isArray(type) ? type : [type]
  const shape = eitherShape(
    types.map((one) => ofType(one, schema, pointer, walk)),
    pointer,
    walk.tell,
  )
  return values ? bothShapes(shape, values, walk.tell) : shape
}

function ofType(type: JsonValue, schema: JsonObject, pointer: string, walk: Walk): JsonShape {
  const about = { nullable: false, filled: false, notes: [], pointer }
  switch (type) {
    case 'null':
      return { ...about, is: { kind: 'null' }, nullable: true }
    case 'string': {
      const notes = schema.format === 'date-time' ? ['a date and time, as text'] : []
      return { ...about, is: { kind: 'String' }, notes }
    }
    case 'integer':
      return { ...about, is: { kind: 'Long' } }
    case 'boolean':
      return { ...about, is: { kind: 'Bool' } }
    case 'number':
      return unmapped(pointer, 'may be no integer; count in smaller units', walk)
    case 'array':
      return array(schema, pointer, walk)
    case 'object':
      return object(schema, pointer, walk)
    default:
      return unmapped(pointer, 'has an unknown type', walk)
  }
}

function array({ items, prefixItems }: JsonObject, pointer: string, walk: Walk): JsonShape {
  const about = { nullable: false, filled: false, notes: [], pointer }
  if (prefixItems !== undefined || Array.isArray(items)) return unmapped(pointer, 'is a tuple', walk)
  const at = pointerTo(pointer, 'items')
  const element: JsonShape = items === undefined ? { ...ANY, pointer } : read(items, at, walk)
  return { ...about, is: { kind: 'set', element } }
}

function object(schema: JsonObject, pointer: string, walk: Walk): JsonShape {
  const { properties = {}, required = [], additionalProperties: more = false } = schema
  if (!isJsonObject(properties)) return unmapped(pointerTo(pointer, 'properties'), 'is no object', walk)
  const names = Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : []
  const members = new Map<string, JsonShape>()
  const gaps: RecordGap[] = []
  const gap = (at: string, says: string, name?: string) => {
    walk.tell({ pointer: at, says })
    gaps.push({ name: name?.slice(0, MAX_NAME), says })
  }
  for (const [name, member] of Object.entries(properties)) {
    const at = pointerTo(pointerTo(pointer, 'properties'), name)
    if (UNUSABLE.has(name)) gap(at, 'has a name that no argument may have', name)
    else if (name.length > MAX_NAME || !name.isWellFormed()) gap(at, 'has a name that is too long or no text', name)
    else members.set(name, read(member, at, walk))
  }
  if (more !== false) gap(pointerTo(pointer, 'additionalProperties'), 'members of other names reach no policy')
  const is = { kind: 'record', members, required: new Set(names), gaps } as const
  return { is, nullable: false, filled: false, notes: [], pointer }
}

function unmapped(pointer: string, says: string, walk: Walk): JsonShape {
  walk.tell({ pointer, says })
  return { is: { kind: 'unmapped' }, nullable: false, filled: false, notes: [says], pointer }
}
