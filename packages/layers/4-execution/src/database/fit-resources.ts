import {
  type EntityDeclaration,
  type EntityDeclarations,
  type EntityTable,
  LockstepError,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import { attributeKind } from '../policy/attribute-kind.ts'
import { fitsType } from './fits-type.ts'

/**
 * Holds the tables that resources are loaded from against the policy's schema: each type is declared, its every required attribute is a
 * column or a view of members, and none is an attribute of another type.
 *
 * @param types the types that are loaded; of other tables nothing is demanded
 * @throws LockstepError `execution.mapping-invalid` naming table and attribute
 */
export function fitResources(tables: TableMapping, types: readonly string[], declared: EntityDeclarations): void {
  for (const type of types) {
    const [id, table] = tableOfEntity(tables, type) ?? []
    if (id === undefined || !table) continue
    if (table.kind === 'materialized view' || table.kind === 'function')
      throw invalid(`no \`${type}\` can be loaded from the ${table.kind} \`${id}\``)
    const declaration = declared.get(table.entity)
    if (!declaration) throw invalid(`the schema declares no entity type \`${table.entity}\`, which \`${id}\` is`)
    if (table.key === undefined) throw invalid(`\`${id}\` has no key, and no row of it can be loaded by id`)
    const mapped = fitAttributes(id, table, declaration)
    const unknown = attributesOf(id, table).find(({ attribute }) => !declaration.attributes.has(attribute))
    if (unknown) {
      throw invalid(`\`${unknown.place}\`: the schema declares no attribute \`${table.entity}.${unknown.attribute}\``)
    }
    for (const [name, { required }] of declaration.attributes) {
      if (required && !mapped.has(name)) {
        throw invalid(`no column of \`${id}\` is \`${table.entity}.${name}\`, which the schema requires`)
      }
    }
  }
}

/**
 * Holds what a table says of declared attributes and of parents against what the schema says of them.
 *
 * @returns the attributes that the table tells
 * @throws LockstepError `execution.mapping-invalid` naming table and attribute
 */
export function fitAttributes(id: string, table: EntityTable, declaration: EntityDeclaration): ReadonlySet<string> {
  const mapped = new Set<string>()
  for (const { place, attribute, mapping } of attributesOf(id, table)) {
    mapped.add(attribute)
    const type = declaration.attributes.get(attribute)?.type
    if (type && !fitsType(attributeKind(place, mapping), type)) {
      throw invalid(`\`${place}\` is no \`${table.entity}.${attribute}\`: the schema gives it another type`)
    }
  }
  for (const parent of Object.keys(table.parents ?? {})) {
    if (!declaration.above.has(parent)) throw invalid(`the schema lets no \`${table.entity}\` be in a \`${parent}\``)
  }
  return mapped
}

function attributesOf(id: string, { columns, members = {} }: EntityTable) {
  const held = Object.entries(columns).flatMap(([column, { attribute, ...mapping }]) =>
    attribute === undefined ? [] : [{ place: `${id}.${column}`, attribute, mapping }],
  )
  const told = Object.entries(members).map(([attribute, { view, column, ...mapping }]) => ({
    place: `${view}.${column}`,
    attribute,
    mapping: { ...mapping, type: `${mapping.type}[]` },
  }))
  return [...held, ...told]
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
