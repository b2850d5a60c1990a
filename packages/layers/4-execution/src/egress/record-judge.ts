import {
  type AuthorizedCall,
  type EntityFact,
  type EntityRef,
  type EntityTable,
  type Expr,
  evaluate,
  type JsonObject,
  type OpenDecision,
  ROW_CLASS,
  sameEntity,
  substitute,
  type Value,
} from '@lockstep/core'
import { attributeKind, loadedValue } from '../policy/attribute-kind.ts'
import { type RecordRead, readOf } from './record-read.ts'
import { rememberVerdicts } from './remember-verdicts.ts'

/** How a field of one record may be read. */
export type ReadForm = 'plain' | 'masked' | undefined

/** What the policy says of one record, by field class. Records that it cannot tell apart share one. */
export type RecordVerdict = (fieldClass: string) => ReadForm

/** Judges the records of one entity type under one call; `undefined` for a record that may not be seen. */
export type RecordJudge = (record: JsonObject) => RecordVerdict | undefined

/** What a decision demands of a class in each form. */
interface ClassCondition {
  readonly plain: Expr
  readonly masked: Expr
}

/** Conditions are kept by those who ask: what each class demands is worked out once for as long as one lives. */
const specialized = new WeakMap<Expr, Map<string, ClassCondition>>()

/**
 * Creates the judge of an entity type's records, by the same condition that filters its rows in the database. A record that does not hold what the
 * policy decides on is not seen.
 *
 * @param memberOf the member of a record that holds a column, by column
 */
export function createRecordJudge(
  call: AuthorizedCall,
  table: EntityTable,
  memberOf: ReadonlyMap<string, string>,
  decision: OpenDecision,
): RecordJudge {
  const read = readOf(decision.condition)
  const { factOf, keyName, membersRead } = factReader(table, memberOf, read)
  const conditions = conditionsOf(decision.condition)
  const judge = (record: JsonObject): RecordVerdict | undefined => {
    const known = factOf(record)
    if (!known) return undefined
    const { fact } = known
    const bindings = { resource: { entity: { type: fact.type, id: fact.id } } }
    // the record comes first: it is what is released, whatever else is known of the entity
    const all = { facts: [fact, ...call.facts.entities], untold: untoldBy(known, call) }
    const holds = (condition: Expr): boolean => {
      if (condition.op === 'value') return condition.value === true
      try {
        return evaluate(condition, bindings, all) === true
      } catch {
        return false
      }
    }
    if (!holds(conditions(ROW_CLASS).plain)) return undefined
    const forms = new Map<string, ReadForm>([[ROW_CLASS, 'plain']])
    return (fieldClass) => {
      if (forms.has(fieldClass)) return forms.get(fieldClass)
      const { plain, masked } = conditions(fieldClass)
      const form = holds(plain) ? 'plain' : holds(masked) ? 'masked' : undefined
      forms.set(fieldClass, form)
      return form
    }
  }
  return read.isWhole ? judge : rememberVerdicts(judge, keyName, membersRead)
}

function conditionsOf(condition: Expr): (fieldClass: string) => ClassCondition {
  const known = specialized.get(condition) ?? new Map<string, ClassCondition>()
  specialized.set(condition, known)
  return (fieldClass) => {
    const found = known.get(fieldClass)
    if (found) return found
    const reading = (form: string) => substitute(condition, { 'context.field': fieldClass, 'context.form': form })
    const made = { plain: reading('plain'), masked: reading('masked') }
    known.set(fieldClass, made)
    return made
  }
}

/** A record as an entity, and what it says is not there: attributes whose columns are null. */
interface RecordFact {
  readonly fact: EntityFact
  readonly absent: readonly string[]
  /** Whether it holds the columns of all its parents. */
  readonly hasParents: boolean
}

/** Reads records as entities; `undefined` when the key is missing, or a column is no value of its kind. */
function factReader(table: EntityTable, memberOf: ReadonlyMap<string, string>, read: RecordRead) {
  const keyName = table.key === undefined ? undefined : memberOf.get(table.key)
  const columns = Object.entries(table.columns).flatMap(([name, column]) => {
    const member = memberOf.get(name)
    if (column.attribute === undefined || member === undefined || !read.attributes.has(column.attribute)) return []
    return [{ name, member, attribute: column.attribute, kind: attributeKind(name, column) }]
  })
  const lineage = Object.entries(table.parents ?? {}).map(([type, { column }]) => ({
    type,
    member: memberOf.get(column),
  }))
  const own = (record: JsonObject, name: string | undefined) =>
    name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined

  const factOf = (record: JsonObject): RecordFact | undefined => {
    const key = own(record, keyName)
    if (typeof key !== 'string' && typeof key !== 'number') return undefined
    const attributes: Record<string, Value> = {}
    const absent: string[] = []
    const parents: EntityRef[] = []
    let hasParents = true
    try {
      for (const { name, member, attribute, kind } of columns) {
        const cell = own(record, member)
        if (cell === null) absent.push(attribute)
        else if (cell !== undefined) attributes[attribute] = loadedValue(name, kind, cell)
      }
    } catch {
      return undefined
    }
    for (const { type, member } of lineage) {
      const id = own(record, member)
      if (id === undefined) hasParents = false
      if (id === undefined || id === null) continue
      if (typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
      parents.push({ type, id: String(id) })
    }
    return { fact: { type: table.entity, id: String(key), attributes, parents }, absent, hasParents }
  }
  return { factOf, keyName, membersRead: columns.map(({ member }) => member) }
}

/**
 * What a record leaves open: the attributes whose columns it does not hold, and everything about entities behind it of which the
 * call knows no fact. There the condition has no answer, and the record is withheld.
 */
function untoldBy({ fact, absent, hasParents }: RecordFact, call: AuthorizedCall) {
  return (entity: EntityRef, attribute?: string): boolean => {
    if (sameEntity(entity, fact)) return attribute === undefined ? !hasParents : !absent.includes(attribute)
    return !call.facts.entities.some((other) => sameEntity(other, entity))
  }
}
