import {
  type EntityTable,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LockstepError,
  type MaskOptions,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import { createMask } from '../policy/mask.ts'
import type { CellPlan, MemberPlan, OutputPlan, ResultPlan } from './output-plan.ts'
import { planColumn } from './plan-column.ts'
import { type OutputMark, readMark } from './read-mark.ts'
import { type SchemaKind, schemaKind, storedAs } from './schema-kind.ts'

/** Schemas in one document, however often each is referred to. */
const MOST_SCHEMAS = 2_000
const DEEPEST = 32
const MARK = 'x-lockstep'
/** Keywords whose schemas are walked, and those whose values are no schemas. */
const WALKED = new Set(['properties', 'items', 'anyOf', 'oneOf', '$ref', '$defs', 'definitions', MARK])
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'example'])

interface Reading {
  readonly tool: string
  /** The member of the tool's declaration that the schema is. */
  readonly member: string
  readonly root: JsonObject
  readonly tables: TableMapping
  readonly masks: MaskOptions | undefined
  count: number
}

/** A place in the schema: what is found there, and on the way to it. */
interface Place {
  readonly at: string
  readonly depth: number
  /** The record around it. */
  readonly table?: EntityTable | undefined
  /** Whether it is a member of that record itself. */
  readonly isMember?: boolean | undefined
  readonly isRecord?: boolean | undefined
  /** References that led here. */
  readonly through: readonly string[]
}

/** A schema with its references followed: what it says of its kind, and the one binding among them. */
interface Resolved {
  readonly schema: JsonObject
  readonly mark: OutputMark | undefined
  readonly nullable: boolean
  readonly through: readonly string[]
}

/**
 * Reads the bindings of an output schema: JSON Schema with `x-lockstep`, nested objects, lists, and references within the document. What is not
 * bound is withheld; what cannot be followed may bind nothing.
 *
 * @param options.member what the schema is called in messages. @defaultValue `outputSchema`
 * @throws LockstepError `configuration.invalid`, naming the place, for a field that is bound twice, a binding where none is read, an unknown
 *   entity, column or word, a reference that leads elsewhere or in a circle, and a schema beyond the bounds
 */
export function readOutputSchema(
  tool: string,
  schema: JsonObject,
  {
    tables,
    masks,
    member = 'outputSchema',
  }: { readonly tables: TableMapping; readonly masks?: MaskOptions | undefined; readonly member?: string },
): ResultPlan {
  const reading: Reading = { tool, member, root: schema, tables, masks, count: 0 }
  const { text, attachments } = readMark(schema[MARK], (says) => refused(reading, '#', says)) ?? {}
  const structure = planOf(reading, schema, { at: '#', depth: 0, through: [] })
  return { structure, text, attachments }
}

function planOf(reading: Reading, given: JsonValue | undefined, place: Place): OutputPlan | undefined {
  if (!isJsonObject(given)) return undefined
  reading.count += 1
  if (reading.count > MOST_SCHEMAS) throw refused(reading, place.at, `has more than ${MOST_SCHEMAS} schemas`)
  if (place.depth > DEEPEST) throw refused(reading, place.at, `is more than ${DEEPEST} deep`)
  const { schema, mark, through } = resolve(reading, given, place)
  const inner = { ...place, through }
  const { bound, labels = [] } = mark ?? {}
  if (bound === undefined) return planParts(reading, schema, inner)
  if (bound.kind === 'entity') return planRecord(reading, schema, bound.entity, labels, inner)
  // INVARIANT: what is released as a whole holds nothing that is bound by itself.
  if (marksWithin(schema, true)) throw refused(reading, place.at, 'is bound, and binds a field in it a second time')
  const kind = schemaKind(schema)
  if (bound.kind === 'public') return { kind: 'public', fits: kind.fits, labels }
  if (bound.kind === 'sql') return { kind: 'rows', labels }
  if (place.table === undefined) throw refused(reading, place.at, 'belongs to no record')
  if (bound.kind === 'class') return planClass(reading, bound, kind, place, labels)
  if (!place.isMember) throw refused(reading, place.at, 'binds a column, and is no member of the record itself')
  const cell = columnCell(reading, place.table, bound.column, place.at)
  return { ...narrowed(cell, kind), labels }
}

/** What is not bound itself, as far as something in it is. */
function planParts(reading: Reading, schema: JsonObject, place: Place): OutputPlan | undefined {
  refuseElsewhere(reading, schema, place.at)
  if (isJsonObject(schema.properties)) {
    const members = planMembers(reading, schema, place, (_name, property, inside) => planOf(reading, property, inside))
    return members.length > 0 || place.at === '#' ? { kind: 'object', members } : undefined
  }
  const items = planOf(reading, schema.items, deeper(place, 'items'))
  return items && { kind: 'list', items, single: false }
}

function planRecord(
  reading: Reading,
  schema: JsonObject,
  entity: string,
  labels: readonly string[],
  place: Place,
): OutputPlan {
  const [, table] = tableOfEntity(reading.tables, entity) ?? []
  if (!table) throw refused(reading, place.at, `names the entity \`${entity}\`, which no table is`)
  if (!isJsonObject(schema.properties)) throw refused(reading, place.at, 'is a record without `properties`')
  refuseElsewhere(reading, schema, place.at)
  const memberOf = new Map<string, string>()
  const bind = (column: string, name: string, at: string): void => {
    if (memberOf.has(column)) throw refused(reading, at, `binds the column \`${column}\` a second time`)
    memberOf.set(column, name)
  }
  const members = planMembers(reading, schema, { ...place, table, isRecord: true }, (name, property, inside) => {
    const resolved = resolve(reading, property, inside)
    const bound = resolved.mark?.bound
    if (bound?.kind === 'column') bind(bound.column, name, inside.at)
    if (bound !== undefined || marksWithin(resolved.schema, true)) return planOf(reading, property, inside)
    if (!Object.hasOwn(table.columns, name)) return undefined
    bind(name, name, inside.at)
    const cell = columnCell(reading, table, name, inside.at)
    return { ...narrowed(cell, schemaKind(resolved.schema)), labels: resolved.mark?.labels ?? [] }
  })
  return { kind: 'record', table, members, memberOf, labels }
}

type PlanProperty = (name: string, property: JsonObject, place: Place) => OutputPlan | undefined

function planMembers(reading: Reading, schema: JsonObject, place: Place, plan: PlanProperty): MemberPlan[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(isJsonObject(schema.properties) ? schema.properties : {}).flatMap(([name, property]) => {
    const inside = { ...deeper(place, name), isMember: place.isRecord }
    if (name === '__proto__') throw refused(reading, inside.at, 'is no name of a field')
    const planned = isJsonObject(property) ? plan(name, property, inside) : undefined
    if (!planned || !isJsonObject(property)) return []
    const { nullable, schema: resolved } = resolve(reading, property, inside)
    return [{ name, plan: planned, orNull: required.includes(name) && (nullable || schemaKind(resolved).nullable) }]
  })
}

function planClass(
  reading: Reading,
  bound: Extract<OutputMark['bound'], { kind: 'class' }>,
  kind: SchemaKind,
  { at, table }: Place,
  labels: readonly string[],
): CellPlan {
  const name = `${table?.entity}.${at.slice(at.lastIndexOf('/') + 1)}`
  const mask = createMask(bound.mask, { name, stored: storedAs(kind), type: {} }, reading.masks)
  return {
    kind: 'cell',
    name,
    class: bound.class,
    mask: (value) => mask.value(value),
    scalars: kind.scalars,
    fits: kind.fits,
    labels,
  }
}

function columnCell(reading: Reading, table: EntityTable, column: string, at: string): CellPlan {
  const mapping = Object.hasOwn(table.columns, column) ? table.columns[column] : undefined
  if (!mapping) throw refused(reading, at, `names the column \`${column}\`, which \`${table.entity}\` does not have`)
  return planColumn(table, column, mapping, reading.masks)
}

/** Follows references, and the one alternative beside null. */
function resolve(reading: Reading, given: JsonObject, { at, through: before }: Place): Resolved {
  const through = [...before]
  let schema = given
  let mark: OutputMark | undefined
  let nullable = false
  for (;;) {
    const found = readMark(schema[MARK], (says) => refused(reading, at, says))
    if (found && (found.bound || found.labels)) {
      if (mark) throw refused(reading, at, 'is bound a second time by what it refers to')
      mark = found
    }
    const next = typeof schema.$ref === 'string' ? follow(reading, schema.$ref, at, through) : beside(schema)
    if (next === undefined) return { schema, mark, nullable, through }
    if (typeof schema.$ref === 'string' && marksWithin({ ...schema, $ref: null, $defs: null, definitions: null }, true))
      throw refused(reading, at, 'binds fields beside a reference')
    nullable ||= schema.$ref === undefined
    schema = next
  }
}

function follow(reading: Reading, reference: string, at: string, through: string[]): JsonObject {
  if (through.includes(reference) || through.length > DEEPEST) throw refused(reading, at, 'refers to itself')
  through.push(reference)
  let target: JsonValue | undefined = reading.root
  for (const step of pointerSteps(reference) ?? [undefined]) {
    target = step !== undefined && isJsonObject(target) && Object.hasOwn(target, step) ? target[step] : undefined
  }
  if (!isJsonObject(target)) throw refused(reading, at, 'refers to what is not in the schema')
  return target
}

function pointerSteps(reference: string): readonly string[] | undefined {
  if (!reference.startsWith('#/')) return undefined
  return reference
    .slice(2)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The one alternative to null of a schema with alternatives: `{ "anyOf": [{ ... }, { "type": "null" }] }`. */
function beside({ anyOf, oneOf }: JsonObject): JsonObject | undefined {
  const all = anyOf ?? oneOf
  if (!Array.isArray(all) || all.length !== 2) return undefined
  const [one, ...others] = all.filter((schema) => !(isJsonObject(schema) && schema.type === 'null'))
  return others.length === 0 && isJsonObject(one) ? one : undefined
}

/** A binding where none is read would look as if it counted. */
function refuseElsewhere(reading: Reading, schema: JsonObject, at: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const isRead = WALKED.has(keyword) && !(keyword === 'anyOf' || keyword === 'oneOf')
    if (!isRead && !VALUES.has(keyword) && marksWithin(value, false))
      throw refused(reading, `${at}/${keyword}`, 'binds fields where no binding is read')
  }
}

/** Whether something within a schema is bound. */
function marksWithin(value: JsonValue, isInner: boolean, depth = 0): boolean {
  if (depth > 2 * DEEPEST) return true
  if (Array.isArray(value)) return value.some((item) => marksWithin(item, false, depth + 1))
  if (!isJsonObject(value)) return false
  if (!isInner && Object.hasOwn(value, MARK)) return true
  return Object.entries(value).some(
    ([name, inner]) => name !== MARK && !VALUES.has(name) && marksWithin(inner, false, depth + 1),
  )
}

/** The cell of a column, of whose values the schema admits some. */
function narrowed(cell: CellPlan, kind: SchemaKind): CellPlan {
  const fits: CellPlan['fits'] = (value) => cell.fits(value) && kind.fits(value)
  return { ...cell, scalars: cell.scalars & kind.scalars, fits }
}

function deeper(place: Place, step: string): Place {
  const { table, through } = place
  return { table, through, at: `${place.at}/${step.slice(0, 64)}`, depth: place.depth + 1 }
}

function refused({ tool, member }: Reading, at: string, says: string): LockstepError {
  return new LockstepError('configuration.invalid', `\`tools.${tool}.${member}\`: \`${at}\` ${says}`)
}
