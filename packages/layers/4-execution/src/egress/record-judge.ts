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
import type { RecordPlan } from './output-plan.ts'
import { type RecordRead, readOf } from './record-read.ts'

/** How a field of one record may be read. */
export type ReadForm = 'plain' | 'masked' | undefined

/** What the policy says of one record. Records that it cannot tell apart share one. */
export interface RecordVerdict {
  readonly formOf: (fieldClass: string) => ReadForm
  /** The forms of all classes of the record's own fields: the same text for the same forms. */
  readonly forms: () => string
}

/** A member that the policy reads. */
export interface ReadMember {
  readonly name: string
  /** The only texts in it that the policy tells from others, where it tells no more of texts. */
  readonly told: ReadonlySet<string> | undefined
}

/** Judges the records of one entity type under one call. */
export interface RecordJudge {
  /** What the policy says of a record; `undefined` for one that may not be seen. */
  readonly judge: (record: JsonObject) => RecordVerdict | undefined
  /** The member that holds the key, without which there is no record. */
  readonly key: string | undefined
  /** The members by whose values alone records are told apart; `undefined` where the policy looks at more. */
  readonly reads: readonly ReadMember[] | undefined
}

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
 * @param plan where a record holds its columns, and of which classes its fields are
 */
export function createRecordJudge(
  call: AuthorizedCall,
  { table, memberOf, members }: RecordPlan,
  decision: OpenDecision,
): RecordJudge {
  const classes = [...new Set(members.flatMap(({ plan }) => (plan.kind === 'cell' ? [plan.class] : [])))]
  const read = readOf(decision.condition)
  const { factOf, keyName, membersRead } = factReader(table, memberOf, read)
  const conditions = conditionsOf(decision.condition)
  const judge = (record: JsonObject): RecordVerdict | undefined => {
    const known = factOf(record)
    if (!known) return undefined
    const { fact } = known
    const bindings = { resource: { entity: { type: fact.type, id: fact.id } } }
    // the record comes first: it is what is released, whatever else is known of the entity
    const all = { first: fact, facts: call.facts.entities, untold: untoldBy(known, call) }
    const holds = (condition: Expr): boolean => {
      if (condition.op === 'value') return condition.value === true
      try {
        return evaluate(condition, bindings, all) === true
      } catch {
        return false
      }
    }
    if (!holds(conditions(ROW_CLASS).plain)) return undefined
    return createVerdict(classes, (fieldClass) => {
      const { plain, masked } = conditions(fieldClass)
      return holds(plain) ? 'plain' : holds(masked) ? 'masked' : undefined
    })
  }
  return { judge, key: keyName, reads: read.isWhole ? undefined : membersRead }
}

/** A verdict on a record that may be seen: each class is asked about once. */
function createVerdict(classes: readonly string[], ask: (fieldClass: string) => ReadForm): RecordVerdict {
  const known = new Map<string, ReadForm>([[ROW_CLASS, 'plain']])
  let forms: string | undefined
  const formOf = (fieldClass: string): ReadForm => {
    if (known.has(fieldClass)) return known.get(fieldClass)
    const form = ask(fieldClass)
    known.set(fieldClass, form)
    return form
  }
  const spelled = () => classes.map((one) => formOf(one)?.charAt(0) ?? '-').join('')
  return { formOf, forms: () => (forms ??= spelled()) }
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
  const membersRead = columns.map(({ member, attribute, kind }) => {
    // Any text is such a value: those of other kinds may be none.
    const isText = kind.is === 'string' || kind.is === 'entity'
    return { name: member, told: isText ? read.told.get(attribute) : undefined }
  })
  return { factOf, keyName, membersRead }
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
