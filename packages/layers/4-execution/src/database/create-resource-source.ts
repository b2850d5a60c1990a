import { LockstepError, type ResourceSource, type TableMapping, tableOfEntity, type Value } from '@lockstep/core'
import {
  type AttributeKind,
  attributeKind,
  loadedValue,
  type ScalarKind,
  scalarKind,
  storedValue,
} from '../policy/attribute-kind.ts'
import type { Query } from './query.ts'
import { quoteName, quoteRelation } from './quote.ts'

/** Where resources are loaded from. */
export interface ResourceSourceOptions {
  readonly tables: TableMapping
  readonly query: Query
}

interface Loader {
  readonly statement: string
  readonly key: ScalarKind
  /** By type, each in the output column of that number. */
  readonly parents: readonly (readonly [type: string, output: string, kind: AttributeKind])[]
  readonly attributes: readonly (readonly [name: string, kind: AttributeKind])[]
}

/**
 * Creates the port that loads a call's resource from where it is stored: one row by id, with the attributes that policies
 * decide on, under Lockstep's own authority.
 *
 * `load` resolves to `undefined` when no row has the id or the type is not mapped, and rejects with
 * `policy.facts-unavailable` or `execution.mapping-invalid`.
 */
export function createResourceSource({ tables, query }: ResourceSourceOptions): ResourceSource {
  const loaders = new Map(
    Object.values(tables).flatMap(({ entity }) => {
      const [id, table] = tableOfEntity(tables, entity) ?? []
      // what was true when it was refreshed, and what takes arguments, says nothing of an id now
      if (id === undefined || table?.kind === 'materialized view' || table?.kind === 'function') return []
      return table?.key === undefined ? [] : [[entity, createLoader(id, { ...table, key: table.key })] as const]
    }),
  )
  return {
    async load(type, id) {
      const loader = loaders.get(type)
      // attacker-controlled: the id may be an argument of the model
      const stored = loader && storedValue(loader.key, { entity: { type, id } })
      if (!loader || stored === undefined) return undefined
      const rows = await query(loader.statement, [stored]).catch(() => {
        throw new LockstepError('policy.facts-unavailable', 'a resource could not be loaded')
      })
      const [row] = rows
      if (!row) return undefined
      if (rows.length > 1) throw new LockstepError('execution.mapping-invalid', `the key of \`${type}\` is not unique`)
      const attributes: Record<string, Value> = {}
      for (const [name, kind] of loader.attributes) {
        // Whether it may be absent is for the schema to say, which every fact is held against.
        if (row[name] !== null) attributes[name] = loadedValue(`${type}.${name}`, kind, row[name])
      }
      const parents = loader.parents.flatMap(([parent, output, kind]) => {
        const value = row[output] === null ? undefined : loadedValue(`${type} in ${parent}`, kind, row[output])
        return typeof value === 'object' && 'entity' in value ? [value.entity] : []
      })
      return { type, id, attributes, parents }
    },
  }
}

function createLoader(id: string, table: TableMapping[string] & { readonly key: string }): Loader {
  const key = table.columns[table.key]
  if (!key) throw new LockstepError('execution.mapping-invalid', `the key of \`${id}\` is not one of its columns`)
  const kind = scalarKind(`${id}.${table.key}`, { type: key.type, entity: table.entity })
  const mapped = Object.entries(table.columns).flatMap(([column, mapping]) =>
    mapping.attribute === undefined ? [] : [{ column, mapping, attribute: mapping.attribute }],
  )
  const members = Object.entries(table.members ?? {}).map(([attribute, mapping]) => ({ attribute, mapping }))
  const parents = Object.entries(table.parents ?? {}).map(([type, { column }], index) => {
    const { type: stored = '' } = table.columns[column] ?? {}
    return {
      column,
      output: `in ${index}`,
      type,
      kind: attributeKind(`${id}.${column}`, { type: stored, entity: type }),
    }
  })
  const cell = (column: string) => `t.${quoteName(column)}`
  const list = [
    ...mapped.map(({ column, attribute }) => `${cell(column)} AS ${quoteName(attribute)}`),
    ...members.map(({ attribute, mapping: { view, key: viewKey, column } }) => {
      const member = `m.${quoteName(column)}`
      const rows = `FROM ${quoteRelation(view)} AS m WHERE m.${quoteName(viewKey)} = ${cell(table.key)}`
      return `ARRAY(SELECT ${member} ${rows} AND ${member} IS NOT NULL) AS ${quoteName(attribute)}`
    }),
    ...parents.map(({ column, output }) => `${cell(column)} AS ${quoteName(output)}`),
  ]
  const from = quoteRelation(id)
  return {
    statement: `SELECT ${list.join(', ')} FROM ${from} AS t WHERE ${cell(table.key)} = $1::${key.type} LIMIT 2`,
    key: kind,
    parents: parents.map(({ type, output, kind: of }) => [type, output, of]),
    attributes: [
      ...mapped.map(
        ({ column, mapping, attribute }) => [attribute, attributeKind(`${id}.${column}`, mapping)] as const,
      ),
      ...members.map(({ attribute, mapping: { view, column, ...mapping } }) => {
        const of = scalarKind(`${view}.${column}`, mapping)
        return [attribute, { is: 'set', of }] as const
      }),
    ],
  }
}
