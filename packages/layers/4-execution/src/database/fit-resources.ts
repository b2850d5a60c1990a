import { type EntityDeclarations, LockstepError, type TableMapping } from '@lockstep/core'
import { attributeKind } from '../policy/attribute-kind.ts'

/**
 * Holds the tables that resources are loaded from against the policy's schema: each type is declared, its every required attribute is a
 * column, and no column is an attribute of another type.
 *
 * @param types the types that are loaded; of other tables nothing is demanded
 * @throws LockstepError `execution.mapping-invalid` naming table and attribute
 */
export function fitResources(tables: TableMapping, types: readonly string[], declared: EntityDeclarations): void {
  for (const [id, table] of Object.entries(tables)) {
    if (!types.includes(table.entity)) continue
    const declaration = declared.get(table.entity)
    if (!declaration) throw invalid(`the schema declares no entity type \`${table.entity}\`, which \`${id}\` is`)
    const mapped = new Set<string>()
    for (const [column, { attribute, ...mapping }] of Object.entries(table.columns)) {
      if (attribute === undefined) continue
      mapped.add(attribute)
      const type = declaration.attributes.get(attribute)?.type
      if (!type) throw invalid(`\`${id}.${column}\`: the schema declares no attribute \`${table.entity}.${attribute}\``)
      const kind = attributeKind(`${id}.${column}`, mapping)
      const fits =
        type.is === 'entity' && kind.is === 'entity'
          ? type.entity === kind.entity
          : (type.is === 'extension' ? 'string' : type.is) === kind.is
      if (!fits)
        throw invalid(`\`${id}.${column}\` is no \`${table.entity}.${attribute}\`: the schema gives it another type`)
    }
    for (const [name, { required }] of declaration.attributes) {
      if (required && !mapped.has(name)) {
        throw invalid(`no column of \`${id}\` is \`${table.entity}.${name}\`, which the schema requires`)
      }
    }
  }
}

function invalid(detail: string): LockstepError {
  return new LockstepError('execution.mapping-invalid', detail)
}
