import {
  type AuthorizedCall,
  type ColumnMapping,
  type EntityFact,
  type EntityRef,
  type EntityTable,
  evaluate,
  type JsonObject,
  type JsonValue,
  type MaskOptions,
  type OpenDecision,
  ROW_CLASS,
  sameEntity,
  type Value,
} from '@lockstep/core'
import { attributeKind, loadedValue } from '../policy/attribute-kind.ts'
import { createMask } from '../policy/mask.ts'
import { plainJson } from './plain-json.ts'
import type { Withheld } from './withheld.ts'

/** One entity type, as its records are released. */
export interface EntityRelease {
  readonly table: EntityTable
  readonly decision: OpenDecision
  readonly masks?: MaskOptions | undefined
}

/**
 * Releases one record of an entity type field by field, by the same condition that filters its rows in the database. Fields
 * are named as the columns are. Returns `undefined` when the row may not be seen, or when the record does not hold what the
 * policy decides on.
 */
export function releaseRecord(
  call: AuthorizedCall,
  record: JsonObject,
  { table, decision, masks }: EntityRelease,
  withheld: Withheld,
): JsonObject | undefined {
  const known = factOf(record, table)
  const permits = (field: string, form: 'plain' | 'masked'): boolean => {
    if (!known) return false
    const { fact } = known
    try {
      const resource: Value = { entity: { type: fact.type, id: fact.id } }
      const bindings = { resource, 'context.field': field, 'context.form': form }
      // the record comes first: it is what is released, whatever else is known of the entity
      const facts = [fact, ...call.facts.entities]
      return evaluate(decision.condition, bindings, { facts, untold: untoldBy(known, call) }) === true
    } catch {
      return false
    }
  }
  if (!permits(ROW_CLASS, 'plain')) return undefined

  const released: [string, JsonValue][] = []
  for (const [name, value] of Object.entries(record)) {
    const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
    if (!column || !fits(column, value)) {
      withheld.field(column ? `${table.entity}.${name}` : `${table.entity}.*`)
      continue
    }
    const field = column.class ?? ROW_CLASS
    if (field === ROW_CLASS || permits(field, 'plain')) {
      released.push([name, plainJson(value)])
    } else if (permits(field, 'masked')) {
      released.push([name, plainJson(maskedValue(`${table.entity}.${name}`, column, value, masks))])
      withheld.mask(`${table.entity}.${name}`)
    } else {
      withheld.field(`${table.entity}.${name}`)
    }
  }
  return Object.fromEntries(released)
}

/** A record as an entity, and what it says is not there: attributes whose columns are null. */
interface RecordFact {
  readonly fact: EntityFact
  readonly absent: ReadonlySet<string>
  /** Whether it holds the columns of all its parents. */
  readonly hasParents: boolean
}

/** The record as an entity; `undefined` when its key is missing, or a column is no value of its kind. */
function factOf(record: JsonObject, table: EntityTable): RecordFact | undefined {
  const key = table.key !== undefined && Object.hasOwn(record, table.key) ? record[table.key] : undefined
  if (typeof key !== 'string' && typeof key !== 'number') return undefined
  const attributes: Record<string, Value> = {}
  const absent = new Set<string>()
  const parents: EntityRef[] = []
  const columns = Object.entries(table.parents ?? {})
  try {
    for (const [name, column] of Object.entries(table.columns)) {
      if (column.attribute === undefined || !Object.hasOwn(record, name)) continue
      if (record[name] === null) absent.add(column.attribute)
      else attributes[column.attribute] = loadedValue(name, attributeKind(name, column), record[name])
    }
    for (const [type, { column }] of columns) {
      const id = Object.hasOwn(record, column) ? record[column] : null
      if (id === null) continue
      if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
      parents.push({ type, id: String(id) })
    }
  } catch {
    return undefined
  }
  const fact = { type: table.entity, id: String(key), attributes, parents }
  return { fact, absent, hasParents: columns.every(([, { column }]) => Object.hasOwn(record, column)) }
}

/**
 * What a record leaves open: the attributes whose columns it does not hold, and everything about entities behind it of which the
 * call knows no fact. There the condition has no answer, and the record is withheld.
 */
function untoldBy({ fact, absent, hasParents }: RecordFact, call: AuthorizedCall) {
  return (entity: EntityRef, attribute?: string): boolean => {
    if (sameEntity(entity, fact)) return attribute === undefined ? !hasParents : !absent.has(attribute)
    return !call.facts.entities.some((other) => sameEntity(other, entity))
  }
}

/** What is shown in the place of a value. The type is only for SQL. */
function maskedValue(name: string, { mask, type }: ColumnMapping, value: JsonValue, masks: MaskOptions | undefined) {
  return createMask(mask, { name, stored: type, type: {} }, masks).value(value)
}

/** A column of a scalar type holds a scalar: an object in its place is something that the mapping knows nothing about. */
function fits(column: ColumnMapping, value: JsonValue): boolean {
  return typeof value !== 'object' || value === null || /^jsonb?$|\[\]$/.test(column.type)
}
