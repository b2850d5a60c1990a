import {
  type ColumnMapping,
  type DerivedKind,
  type EntityTable,
  LockstepError,
  type MaskOptions,
  ROW_CLASS,
  type TableMapping,
} from '@lockstep/core'
import type { TypeName } from 'libpg-query'
import { RESERVED } from '../grammar/check-names.ts'
import { checkShape } from '../grammar/check-shape.ts'
import type { ReleasedNames } from '../grammar/released.ts'
import { parseSelect } from '../statement/parse-select.ts'
import { type AttributeKind, attributeKind, type ScalarKind, scalarKind } from './attribute-kind.ts'
import { createMask, type Mask } from './mask.ts'
import { maskTemplate } from './mask-template.ts'

/** One column that may be in scope. */
export interface CatalogColumn {
  readonly name: string
  readonly mapping: ColumnMapping
  readonly type: TypeName
  readonly fieldClass: string
  /** How a cell is shown where it may only be read masked. */
  readonly mask: Mask
  /** Whether expressions may take an unreadable cell for a NULL. */
  readonly partialAsNull: boolean
  /** Whether statements may name it as NULL where the caller may read it in no row. */
  readonly hiddenAsNull: boolean
}

/** One column that policies decide on, with how its values compare to Cedar's. */
export interface AttributeColumn {
  readonly column: CatalogColumn
  readonly kind: AttributeKind
  /** The type of what its cells (of an array, its members) are compared to: without a length that would cut a value. */
  readonly type: TypeName
}

/** The view that tells the members of a set. */
export interface MemberView {
  readonly schema: string
  readonly name: string
  /** The column of the row's key. */
  readonly key: string
  readonly column: string
  readonly kind: ScalarKind
  readonly type: TypeName
}

/** One mapped table, ready for the rewriter. */
export interface CatalogTable {
  /** As in the mapping: `schema.table`. */
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | DerivedKind
  /** The types of a function's arguments. */
  readonly arguments: readonly TypeName[]
  readonly entity: string
  readonly key: AttributeColumn
  /** Columns that hold NULL in no row that is an entity, and of which the database does not promise it. */
  readonly demanded: readonly string[]
  readonly columns: readonly CatalogColumn[]
  readonly attributes: ReadonlyMap<string, AttributeColumn>
  /** By attribute. */
  readonly members: ReadonlyMap<string, MemberView>
  /** By type of the parent. */
  readonly parents: ReadonlyMap<string, AttributeColumn>
  /** The table, and no view, whose rows are of an entity type; `undefined` when none is, or several. */
  readonly referenced: (entity: string) => CatalogTable | undefined
  /** The name of the boolean column that tells it, by label. */
  readonly labels: ReadonlyMap<string, string>
}

/** The mapped tables by `schema.table`. */
export type Catalog = ReadonlyMap<string, CatalogTable>

/**
 * Checks a table mapping in itself and prepares it. Needs the parser, which reads the column types.
 * Throws `execution.mapping-invalid` naming table and column.
 */
export function createCatalog(tables: TableMapping, released?: ReleasedNames, masks?: MaskOptions): Catalog {
  const catalog = new Map<string, CatalogTable>()
  const referenced = (entity: string): CatalogTable | undefined => {
    const [one, ...others] = [...catalog.values()].filter((table) => table.kind === 'table' && table.entity === entity)
    return others.length === 0 ? one : undefined
  }
  for (const [id, table] of Object.entries(tables)) {
    const [schema, name] = relationName(id)
    const columns = Object.entries(table.columns).map(([column, mapping]): CatalogColumn => {
      if (column.startsWith(RESERVED)) throw invalid(`\`${id}.${column}\` begins like a column of Lockstep's own`)
      if (mapping.mask && (mapping.class ?? ROW_CLASS) === ROW_CLASS) {
        throw invalid(`the mask of \`${id}.${column}\` needs a field class`)
      }
      const type = columnType(`${id}.${column}`, mapping.type, released)
      const masked = { name: `${table.entity}.${column}`, stored: mapping.type, type }
      return {
        name: column,
        mapping,
        type,
        fieldClass: mapping.class ?? ROW_CLASS,
        mask: createMask(mapping.mask, masked, masks, maskTemplate),
        partialAsNull: (mapping.partialCells ?? table.partialCells) === 'null',
        hiddenAsNull: (mapping.hiddenColumns ?? table.hiddenColumns) === 'null',
      }
    })
    const attributes = attributeColumns(id, columns)
    const kind = table.kind ?? 'table'
    catalog.set(id, {
      id,
      schema,
      name,
      kind,
      arguments: argumentTypes(id, table, released),
      entity: table.entity,
      key: keyColumn(id, table, columns),
      demanded: demandedColumns(id, table),
      columns,
      attributes,
      members: memberViews(id, table, attributes),
      parents: new Map(
        Object.entries(table.parents ?? {}).map(([entity, { column }]) => {
          const found = columns.find(({ name: own }) => own === column)
          if (!found) throw invalid(`the column of the parents \`${entity}\` of \`${id}\` is not one of its columns`)
          return [entity, attributeColumn(id, found, entity)]
        }),
      ),
      referenced,
      labels: labelColumns(id, table.labels ?? {}, columns),
    })
  }
  return catalog
}

function relationName(id: string): readonly [string, string] {
  const [schema, name, ...rest] = id.split('.')
  if (!schema || !name || rest.length > 0) throw invalid(`\`${id}\` is not of the form schema.table`)
  return [schema, name]
}

function keyColumn(id: string, { entity, key, members, labels }: EntityTable, columns: readonly CatalogColumn[]) {
  if (key === undefined) {
    for (const [name, told] of Object.entries({ members, labels })) {
      if (told) throw invalid(`\`${name}\` of \`${id}\` need a key`)
    }
    return noKey(entity)
  }
  const found = columns.find((column) => column.name === key)
  if (!found) throw invalid(`the key \`${key}\` of \`${id}\` is not one of its columns`)
  return attributeColumn(id, found, entity)
}

/** INVARIANT: a row without a key equals no entity, and SQL that would name the key has no form that parses. */
function noKey(entity: string): AttributeColumn {
  const type: TypeName = { names: [{ String: { sval: 'text' } }], typemod: -1 }
  const mask = createMask(undefined, { name: entity, stored: 'text', type }, undefined)
  const column = {
    name: '',
    mapping: { type: 'text' },
    type,
    fieldClass: ROW_CLASS,
    mask,
    partialAsNull: false,
    hiddenAsNull: false,
  }
  return { column, kind: { is: 'entity', entity, ids: 'none', range: { minimum: 0n, maximum: 0n } }, type }
}

function attributeColumns(id: string, columns: readonly CatalogColumn[]): ReadonlyMap<string, AttributeColumn> {
  const attributes = new Map<string, AttributeColumn>()
  for (const column of columns) {
    const { attribute, entity } = column.mapping
    if (attribute === undefined) continue
    if (attributes.has(attribute)) throw invalid(`attribute \`${attribute}\` of \`${id}\` is held by two columns`)
    attributes.set(attribute, attributeColumn(id, column, entity))
  }
  return attributes
}

function attributeColumn(id: string, column: CatalogColumn, entity: string | undefined): AttributeColumn {
  const place = `${id}.${column.name}`
  const { type } = column.mapping
  const kind = attributeKind(place, { type, ...(entity === undefined ? {} : { entity }) })
  return { column, kind, type: columnType(place, comparedType(type), undefined) }
}

/** INVARIANT: nothing but a table's constraints promises that a cell is there, and a policy decides on no row that lacks one. */
function demandedColumns(id: string, { kind, key, columns }: EntityTable): readonly string[] {
  return Object.entries(columns).flatMap(([name, { attribute, optional }]) => {
    if (optional && (attribute === undefined || kind === undefined || name === key)) {
      throw invalid(`\`${id}.${name}\` cannot be \`optional\`: that is said of attributes of what is no table`)
    }
    return kind !== undefined && (name === key || (attribute !== undefined && !optional)) ? [name] : []
  })
}

function argumentTypes(
  id: string,
  { kind, arguments: types = [], labels }: EntityTable,
  released: ReleasedNames | undefined,
): readonly TypeName[] {
  if (kind !== 'function' && types.length > 0) throw invalid(`\`${id}\` is no function and takes no arguments`)
  // what a probe would call it with is not known
  if (kind === 'function' && labels) throw invalid(`the rows of the function \`${id}\` cannot carry labels`)
  return types.map((type) => columnType(`an argument of ${id}`, type, released))
}

function memberViews(
  id: string,
  { members = {} }: EntityTable,
  attributes: ReadonlyMap<string, AttributeColumn>,
): ReadonlyMap<string, MemberView> {
  return new Map(
    Object.entries(members).map(([attribute, { view, key, column, ...mapping }]) => {
      if (attributes.has(attribute)) throw invalid(`attribute \`${attribute}\` of \`${id}\` is a column and a view`)
      const [schema, name] = relationName(view)
      const place = `${view}.${column}`
      const kind = scalarKind(place, mapping)
      if (kind.is === 'decimal' || kind.is === 'datetime') throw invalid(`the type of \`${place}\``)
      return [
        attribute,
        { schema, name, key, column, kind, type: columnType(place, comparedType(mapping.type), undefined) },
      ]
    }),
  )
}

/** `numeric(10,2)` rounds what is cast to it, and `character varying(3)` cuts it: a value is compared as it is. */
function comparedType(type: string): string {
  const isArray = type.endsWith('[]')
  const bare = type.replace(/\[\]$/, '').replace(/\(\d+(,\d+)?\)/, '')
  return bare === 'character varying' && !isArray ? 'text' : bare
}

/** Reads `numeric(10,2)`, `timestamp with time zone`, `text[]` with the grammar itself, and allows what a cast may name. */
function columnType(place: string, type: string, released: ReleasedNames | undefined): TypeName {
  if (!/^([a-z_][a-z0-9_]*\.)?[a-z][a-z0-9_ ]*(\(\d+(, ?\d+)?\))?[a-z ]*(\[\])?$/.test(type))
    throw invalid(`the type of \`${place}\``)
  let target: unknown
  try {
    const [item] = parseSelect(`SELECT CAST(NULL AS ${type})`).targetList ?? []
    if (item && 'ResTarget' in item && item.ResTarget.val && 'TypeCast' in item.ResTarget.val) {
      const { typeName } = item.ResTarget.val.TypeCast
      if (typeName) {
        checkShape('TypeName', typeName, released)
        return typeName
      }
    }
  } catch (error) {
    target = error
  }
  throw invalid(`the type of \`${place}\` is not one that can be released`, target)
}

const LABEL = /^[\w-]{1,64}$/

function labelColumns(
  id: string,
  labels: NonNullable<EntityTable['labels']>,
  columns: readonly CatalogColumn[],
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(labels).map(([label, { column }]) => {
      if (!LABEL.test(label))
        throw invalid(`a label of \`${id}\` is not 1 to 64 letters, digits, hyphens or underscores`)
      const told = columns.find(({ name }) => name === column)
      if (!told) throw invalid(`the column of label \`${label}\` of \`${id}\` is not one of its columns`)
      if (told.mapping.type !== 'boolean') throw invalid(`the column of label \`${label}\` of \`${id}\` is not boolean`)
      return [label, column]
    }),
  )
}

function invalid(detail: string, cause?: unknown): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail, cause === undefined ? undefined : { cause })
}
