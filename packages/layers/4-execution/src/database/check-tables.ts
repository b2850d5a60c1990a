import {
  type ColumnMapping,
  type DerivedKind,
  type EntityDeclarations,
  type EntityTable,
  LockstepError,
  type TableMapping,
} from '@lockstep/core'
import { attributeKind } from '../policy/attribute-kind.ts'
import { fitAttributes } from './fit-resources.ts'
import { type LiveColumn, type LiveRelation, readLiveColumns } from './live-columns.ts'
import { liveName } from './live-name.ts'
import type { Query } from './query.ts'

/**
 * Compares a table mapping with the live database and the policy's schema. The rewriter's exactness rests on it: a column of a
 * required attribute is NOT NULL (three values of truth would permit what Cedar does not) and only an optional one may be
 * NULL, types are the declared ones, texts compare by their characters.
 *
 * Rejects with `execution.mapping-invalid` naming table and column, and with `execution.database-failed`.
 *
 * @param declared what the schema declares of entities; without it every attribute counts as required
 */
export async function checkTables(tables: TableMapping, query: Query, declared?: EntityDeclarations): Promise<void> {
  fitTables(tables, await readLiveColumns(relationsOf(tables), query), declared)
}

/** Every relation that a table mapping names, as `readLiveColumns` takes them: what it maps, and the views that tell members. */
export function relationsOf(tables: TableMapping): readonly string[] {
  const views = Object.values(tables).flatMap(({ members = {} }) => Object.values(members).map(({ view }) => view))
  const mapped = Object.entries(tables).map(([id, table]) => liveName(id, table))
  return [...new Set([...mapped, ...views])]
}

/**
 * Holds a table mapping against what is known of the database. Throws `execution.mapping-invalid` naming table and column.
 *
 * @param live what the catalog says of every mapped relation, now or when it was written down
 * @param declared as in `checkTables`
 */
export function fitTables(
  tables: TableMapping,
  live: ReadonlyMap<string, LiveRelation>,
  declared?: EntityDeclarations,
): void {
  for (const id of Object.keys(tables)) fitTable(id, tables, live, declared)
}

/** As `fitTables`, for one of the tables. */
export function fitTable(
  id: string,
  tables: TableMapping,
  live: ReadonlyMap<string, LiveRelation>,
  declared?: EntityDeclarations,
): void {
  const table = tables[id]
  if (!table) throw invalid(`\`${id}\` is not mapped`)
  checkTable(id, table, live, declared)
  checkMembers(id, table, live)
  checkReferences(id, table, tables, live)
}

type Live = ReadonlyMap<string, LiveRelation>

/** `pg_class.relkind`, by what the mapping calls it. */
const KINDS: Readonly<Record<'table' | DerivedKind, readonly string[]>> = {
  table: ['r', 'p'],
  view: ['v'],
  'materialized view': ['m'],
  'foreign table': ['f'],
  function: ['function'],
}

function checkTable(id: string, table: EntityTable, live: Live, declared: EntityDeclarations | undefined): void {
  const found = live.get(liveName(id, table))
  const kind = table.kind ?? 'table'
  if (!found)
    throw invalid(`there is no ${kind} \`${liveName(id, table)}\`${kind === 'function' ? ' that returns rows' : ''}`)
  // a view runs as its owner, and a foreign table anywhere
  if (!KINDS[kind].includes(found.kind)) {
    const isForeign = kind === 'table' && found.kind === 'f'
    const says = isForeign ? "shows rows of a foreign table: map it with `kind: 'foreign table'`" : `is not a ${kind}`
    throw invalid(`\`${id}\` ${says}`)
  }
  const declaration = declared?.get(table.entity)
  if (declaration) fitAttributes(id, table, declaration)
  const parents = Object.values(table.parents ?? {}).map(({ column }) => column)
  for (const [name, mapping] of Object.entries(table.columns)) {
    const column = columnOf(id, found, name)
    const { attribute } = mapping
    const isOptional = attribute !== undefined && declaration?.attributes.get(attribute)?.required === false
    const isKey = name === table.key
    checkColumn(`${id}.${name}`, mapping, column)
    if (column.virtual) {
      throw invalid(
        `\`${id}.${name}\` is generated when it is read, also in hidden rows: store it, or map a view that shows it`,
      )
    }
    if (kind === 'table' || kind === 'materialized view') {
      if (isKey && !column.unique) throw invalid(`the key \`${id}.${name}\` must have a unique index of its own`)
    }
    if (kind === 'table') {
      if (!column.required && (isKey || (attribute !== undefined && !isOptional))) {
        throw invalid(`\`${id}.${name}\` must be NOT NULL: policies decide on it`)
      }
    } else if (declaration && attribute !== undefined && !isKey && isOptional !== (mapping.optional === true)) {
      throw invalid(
        `\`${id}.${name}\` must be \`optional\` where the schema says that \`${attribute}\` is, and nowhere else`,
      )
    }
    if (attribute !== undefined || isKey || parents.includes(name)) checkCollation(`${id}.${name}`, column)
  }
}

function checkColumn(place: string, mapping: Pick<ColumnMapping, 'type'>, column: LiveColumn): void {
  if (column.type !== mapping.type) {
    throw invalid(`\`${place}\` is declared as \`${mapping.type}\` and is \`${column.type}\``)
  }
}

function checkMembers(id: string, table: EntityTable, live: Live): void {
  const { entity, key, members = {} } = table
  const own = key === undefined ? undefined : live.get(liveName(id, table))?.columns.get(key)
  for (const { view, key: viewKey, ...mapping } of Object.values(members)) {
    const found = live.get(view)
    if (!found) throw invalid(`there is no view \`${view}\` (for \`${id}\`)`)
    if (!['r', 'p', 'v'].includes(found.kind)) {
      throw invalid(`\`${view}\` is neither a view nor a table: what is removed would stay until it is refreshed`)
    }
    const member = columnOf(view, found, mapping.column)
    checkColumn(`${view}.${mapping.column}`, mapping, member)
    checkCollation(`${view}.${mapping.column}`, member)
    if (own) checkReference(`${view}.${viewKey}`, columnOf(view, found, viewKey), `${id}.${key}`, own, entity)
  }
}

/** Columns that hold ids of entities which are rows of another mapped table: policies may look there. */
function checkReferences(id: string, table: EntityTable, tables: TableMapping, live: Live): void {
  const parents = Object.entries(table.parents ?? {}).map(([entity, { column }]) => ({ column, entity }))
  const attributes = Object.entries(table.columns).flatMap(([column, { attribute, entity, type }]) =>
    attribute === undefined || entity === undefined || type.endsWith('[]') ? [] : [{ column, entity }],
  )
  for (const { column, entity } of [...attributes, ...parents]) {
    const own = live.get(liveName(id, table))?.columns.get(column)
    const [target, ...others] = Object.entries(tables).filter(([, other]) => !other.kind && other.entity === entity)
    const [place, { key: name = '' }] = target ?? ['', {}]
    const key = live.get(place)?.columns.get(name)
    if (!own || !key || others.length > 0) continue
    checkReference(`${id}.${column}`, own, `${place}.${name}`, key, entity)
  }
}

function checkReference(place: string, column: LiveColumn, keyPlace: string, key: LiveColumn, entity: string): void {
  const [one, other] = [attributeKind(place, { ...column, entity }), attributeKind(keyPlace, { ...key, entity })]
  if (one.is !== 'entity' || other.is !== 'entity' || one.ids !== other.ids) {
    throw invalid(`\`${place}\` is \`${column.type}\` and refers to \`${keyPlace}\`, which is \`${key.type}\``)
  }
  checkCollation(place, column)
  const [own, theirs] = [column, key].map(({ collation }) => collation && `${collation.schema}.${collation.name}`)
  if (own !== theirs) throw invalid(`\`${place}\` and \`${keyPlace}\` must have the same collation`)
}

function columnOf(id: string, { columns }: LiveRelation, name: string): LiveColumn {
  const column = columns.get(name)
  if (!column) throw invalid(`\`${id}\` has no column \`${name}\``)
  return column
}

function checkCollation(place: string, { collation }: LiveColumn): void {
  if (collation?.deterministic === false) throw invalid(`\`${place}\` must have a deterministic collation`)
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
