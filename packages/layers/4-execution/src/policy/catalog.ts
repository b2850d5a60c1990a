import { type ColumnMapping, type EntityTable, LockstepError, ROW_CLASS, type TableMapping } from '@lockstep/core'
import type { TypeName } from 'libpg-query'
import { RESERVED } from '../grammar/check-names.ts'
import { checkShape } from '../grammar/check-shape.ts'
import type { ReleasedNames } from '../grammar/released.ts'
import { parseSelect } from '../statement/parse-select.ts'
import { type AttributeKind, attributeKind } from './attribute-kind.ts'

/** One column that may be in scope. */
export interface CatalogColumn {
  readonly name: string
  readonly mapping: ColumnMapping
  readonly type: TypeName
  readonly fieldClass: string
}

/** One column that policies decide on, with how its values compare to Cedar's. */
export interface AttributeColumn {
  readonly column: CatalogColumn
  readonly kind: AttributeKind
}

/** One mapped table, ready for the rewriter. */
export interface CatalogTable {
  /** As in the mapping: `schema.table`. */
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly entity: string
  readonly key: AttributeColumn
  readonly columns: readonly CatalogColumn[]
  readonly attributes: ReadonlyMap<string, AttributeColumn>
  /** The name of the boolean column that tells it, by label. */
  readonly labels: ReadonlyMap<string, string>
}

/** The mapped tables by `schema.table`. */
export type Catalog = ReadonlyMap<string, CatalogTable>

/**
 * Checks a table mapping in itself and prepares it. Needs the parser, which reads the column types.
 * Throws `execution.mapping-invalid` naming table and column.
 */
export function createCatalog(tables: TableMapping, released?: ReleasedNames): Catalog {
  const catalog = new Map<string, CatalogTable>()
  for (const [id, table] of Object.entries(tables)) {
    const [schema, name, ...rest] = id.split('.')
    if (!schema || !name || rest.length > 0) throw invalid(`\`${id}\` is not of the form schema.table`)
    const columns = Object.entries(table.columns).map(([column, mapping]): CatalogColumn => {
      if (column.startsWith(RESERVED)) throw invalid(`\`${id}.${column}\` begins like a column of Lockstep's own`)
      return {
        name: column,
        mapping,
        type: columnType(`${id}.${column}`, mapping.type, released),
        fieldClass: mapping.class ?? ROW_CLASS,
      }
    })
    const attributes = new Map<string, AttributeColumn>()
    for (const column of columns) {
      checkMask(id, column)
      const attribute = column.mapping.attribute
      if (attribute === undefined) continue
      if (attributes.has(attribute)) throw invalid(`attribute \`${attribute}\` of \`${id}\` is held by two columns`)
      attributes.set(attribute, { column, kind: attributeKind(`${id}.${column.name}`, column.mapping) })
    }
    const key = columns.find((column) => column.name === table.key)
    if (!key) throw invalid(`the key \`${table.key}\` of \`${id}\` is not one of its columns`)
    const keyKind = attributeKind(`${id}.${key.name}`, { type: key.mapping.type, entity: table.entity })
    catalog.set(id, {
      id,
      schema,
      name,
      entity: table.entity,
      key: { column: key, kind: keyKind },
      columns,
      attributes,
      labels: labelColumns(id, table.labels ?? {}, columns),
    })
  }
  return catalog
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

const MASKABLE = /^(text|character varying(\(\d+\))?|smallint|integer|bigint|uuid)$/

function checkMask(id: string, column: CatalogColumn): void {
  const { mask, type } = column.mapping
  const place = `the mask of \`${id}.${column.name}\``
  if (!mask) return
  if (column.fieldClass === ROW_CLASS) throw invalid(`${place} needs a field class`)
  if (mask.kind === 'last') {
    if (!MASKABLE.test(type)) throw invalid(`${place} does not fit the type`)
    if (!Number.isInteger(mask.keep) || mask.keep < 0 || mask.keep > 64) throw invalid(`${place}: keep 0 to 64`)
  } else if (mask.kind === 'constant' && mask.text.includes('\u0000')) {
    throw invalid(`${place} holds a NUL`)
  } else if (mask.kind !== 'null' && mask.kind !== 'constant') {
    throw invalid(`${place} is of an unknown kind`)
  }
}

function invalid(detail: string, cause?: unknown): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail, cause === undefined ? undefined : { cause })
}
