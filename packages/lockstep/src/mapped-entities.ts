import { type EntityTable, isLockstepError, type TableMapping, tableOfEntity } from '@lockstep/core'
import { type LiveRelation, liveName, type ScalarKind, scalarKind } from '@lockstep/execution'
import { type CedarType, type Gap, named, type SchemaEntity } from '@lockstep/policy'

/** The columns of the live database, by table; absent when nobody could look. */
export type LiveTables = ReadonlyMap<string, LiveRelation> | undefined

const ARRAY = /\[\]$/

/**
 * The entity types of a table mapping, each as the relation shows it that says most surely what it is: with the types of attributes that the
 * runtime reads, optional where the live column may be NULL.
 */
export function mappedEntities(tables: TableMapping, live: LiveTables): readonly SchemaEntity[] {
  return [...new Set(Object.values(tables).map(({ entity }) => entity))].flatMap((entity) => {
    const [id, table] = tableOfEntity(tables, entity) ?? []
    return id === undefined || !table ? [] : [mappedEntity(id, table, live?.get(liveName(id, table)))]
  })
}

function mappedEntity(id: string, table: EntityTable, live: LiveRelation | undefined): SchemaEntity {
  const attributes = new Map<string, { readonly type: CedarType; readonly required: boolean }>()
  const gaps: Gap[] = []
  for (const [column, { type, entity, attribute, optional }] of Object.entries(table.columns)) {
    if (attribute === undefined) continue
    const place = `${id}.${column}`
    const element = typeOf(place, type.replace(ARRAY, ''), entity)
    const required = table.kind ? optional !== true : live?.columns.get(column)?.required !== false
    if (element) attributes.set(attribute, { type: ARRAY.test(type) ? { is: 'set', element } : element, required })
    else gaps.push({ pointer: place, says: `(${attribute}) is of type ${type}, which no attribute can have` })
  }
  return {
    name: table.entity,
    says: `Rows of ${id}; ${table.key === undefined ? 'none has an id' : `the id is ${table.key}`}.`,
    attributes,
    gaps,
  }
}

function typeOf(place: string, type: string, entity: string | undefined): CedarType | undefined {
  try {
    return named(nameOf(scalarKind(place, { type, ...(entity === undefined ? {} : { entity }) })))
  } catch (error) {
    if (isLockstepError(error)) return undefined
    throw error
  }
}

function nameOf(kind: ScalarKind): string {
  switch (kind.is) {
    case 'boolean':
      return 'Bool'
    case 'long':
      return 'Long'
    case 'string':
      return 'String'
    case 'entity':
      return kind.entity
    case 'decimal':
    case 'datetime':
      return kind.is
  }
}
