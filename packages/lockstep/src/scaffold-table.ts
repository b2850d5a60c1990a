import { type EntityTable, isLockstepError } from '@lockstep/core'
import { createRewriter, fitTables, type SchemaRelation } from '@lockstep/execution'

/** One column of a scaffolded table. */
export interface ScaffoldedColumn {
  readonly name: string
  readonly type: string
  /** What the mapping says of it beside its type; absent when it cannot be mapped. */
  readonly mapping: EntityTable['columns'][string] | undefined
  /** What a person has to know, or to decide. */
  readonly says: string | undefined
}

/** A table as it would be mapped, or why it cannot be. */
export interface ScaffoldedTable {
  readonly id: string
  readonly entity: string
  readonly key: string | undefined
  readonly columns: readonly ScaffoldedColumn[]
  /** Why none of it can be mapped. */
  readonly unmapped: string | undefined
}

/** The field class of columns that look as if they were not for everybody. No policy permits it until somebody writes one. */
const SENSITIVE = 'sensitive'

const SUSPICIOUS =
  /ssn|social_?sec|passw|passphrase|secret|token|api_?key|private_?key|hash$|salt$|iban|bic$|swift|account_?n|card|cvv|cvc|(^|_)pin$|email|e_mail|phone|mobile|fax|street|address|postcode|zip|birth|(^|_)dob$|gender|religion|ethnic|nationality|passport|licen[cs]e|tax|vat_?id|salary|wage|bonus|diagnos|medical|health|insurance|(^|_)ip(_|$)|latitude|longitude|geo|signature|biometric|note_?internal|internal_?note/i

/** As the configuration takes it. */
const NAMEABLE = /^[a-z_]\w*\.[a-z_]\w*$/i

const KINDS: Readonly<Record<string, string>> = {
  v: 'is a view, which reads as its owner',
  m: 'is a materialized view, which reads as its owner',
  f: 'is a foreign table, which is read somewhere else',
}

/** The schemas that are scaffolded. */
export interface ScaffoldedSchemas {
  readonly relations: ReadonlyMap<string, SchemaRelation>
  /** The entity types of their tables, by relation. */
  readonly entities: ReadonlyMap<string, string>
}

/** Whether a relation is a table that is read as itself. */
export function isWhole({ kind, part }: SchemaRelation): boolean {
  return !part && (kind === 'r' || kind === 'p')
}

/**
 * Maps one relation of the live database as far as the server would take it: whatever the loader refuses becomes a remark. Await
 * `loadParser()` before.
 */
export function scaffoldTable(
  id: string,
  relation: SchemaRelation,
  { relations, entities }: ScaffoldedSchemas,
): ScaffoldedTable {
  const entity = entities.get(id) ?? ''
  const none = (unmapped: string): ScaffoldedTable => {
    const columns = [...relation.columns].map(([name, { type }]) => ({
      name,
      type,
      mapping: undefined,
      says: undefined,
    }))
    return { id, entity, key: undefined, columns, unmapped }
  }
  const kind = KINDS[relation.kind]
  if (kind) return none(kind)
  if (!NAMEABLE.test(id)) return none('has a name that no mapping can have')
  if (relation.part) return none('is a part of another table, and read through it')
  const key = keyOf(relation)
  const keyed = relation.columns.get(key ?? '')
  const base: EntityTable =
    key === undefined || !keyed ? { entity, columns: {} } : { entity, key, columns: { [key]: { type: keyed.type } } }
  const why = refusal(id, base, relation)
  if (why) return none(why)
  const attempt = (name: string, mapping: EntityTable['columns'][string]) =>
    refusal(id, { ...base, columns: { ...base.columns, [name]: mapping } }, relation)
  const columns = [...relation.columns].map(([name, { type }]): ScaffoldedColumn => {
    const plain = { type }
    const refused = attempt(name, plain)
    if (refused) return { name, type, mapping: undefined, says: refused }
    const target = relation.references.get(name)
    if (name !== key && target) {
      const says = (why: string) => `refers to ${target.relation}, and no policy can decide on it: ${why}`
      const [referred, other] = [entities.get(target.relation), relations.get(target.relation)]
      if (referred === undefined || !other) return { name, type, mapping: plain, says: says('that is not mapped') }
      if (keyOf(other) !== target.column) return { name, type, mapping: plain, says: says('not to its key') }
      const attribute = { ...plain, attribute: attributeName(name), entity: referred }
      const unfit = attempt(name, attribute)
      return unfit
        ? { name, type, mapping: plain, says: says(unfit) }
        : { name, type, mapping: attribute, says: undefined }
    }
    if (name !== key && SUSPICIOUS.test(name)) {
      const says = `decide who may read this: nobody, until a policy permits the class "${SENSITIVE}"`
      return { name, type, mapping: { ...plain, class: SENSITIVE }, says }
    }
    return { name, type, mapping: plain, says: undefined }
  })
  return { id, entity, key, columns, unmapped: undefined }
}

function keyOf({ primary, columns }: SchemaRelation): string | undefined {
  return primary ?? [...columns].find(([, { unique, required }]) => unique && required)?.[0]
}

function attributeName(column: string): string {
  return column.replace(/_?id$/i, '') || column
}

/** Why the server would not start with this table, in its own words. */
function refusal(id: string, table: EntityTable, relation: SchemaRelation): string | undefined {
  try {
    createRewriter({ tables: { [id]: table }, askRead: () => nothingIsRead() })
    fitTables({ [id]: table }, new Map([[id, relation]]))
    return undefined
  } catch (error) {
    if (isLockstepError(error)) return error.detail ?? error.message
    throw error
  }
}

function nothingIsRead(): never {
  throw new TypeError('nothing is read here')
}
