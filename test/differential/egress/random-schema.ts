import type { JsonObject, JsonValue } from '@lockstep/core'
import type { Random } from '../../../packages/engines/policy/test/oracle/random.ts'
import { tables } from '../policy-cells/schema.ts'

/** An output schema that was drawn, and what its records are called by. */
export interface DrawnSchema {
  readonly outputSchema: JsonObject
  /** The member that holds a column, in records of the first level and in those within them. */
  readonly memberOf: ReadonlyMap<string, string>
  readonly childOf: ReadonlyMap<string, string>
}

const COLUMNS: Readonly<Record<string, { readonly type: string }>> = tables['public.docs'].columns

/**
 * Draws the schema of a tool that answers with documents: in lists, one by one or within others, under names of their own, with kinds that admit all or
 * some of a column's values, fields of a class that no column holds, and members that must be there. What the policy decides on is nearly always there.
 */
export function randomSchema(random: Random): DrawnSchema {
  const [record, memberOf] = recordSchema(random, true)
  const [child, childOf] = recordSchema(random, false)
  const list: JsonObject = { type: 'array', items: { $ref: '#/$defs/record' } }
  const alone: JsonObject = random.once(2)
    ? { $ref: '#/$defs/record' }
    : { anyOf: [{ $ref: '#/$defs/record' }, { type: 'null' }] }
  return {
    memberOf,
    childOf,
    outputSchema: {
      type: 'object',
      'x-lockstep': { text: 'json' },
      $defs: { record, child },
      properties: {
        docs: random.once(4) ? { type: 'object', properties: { items: list } } : list,
        one: { type: 'object', properties: { doc: alone } },
        total: { type: 'integer', 'x-lockstep': 'public' },
      },
    },
  }
}

function recordSchema(random: Random, hasChildren: boolean): readonly [JsonObject, ReadonlyMap<string, string>] {
  const memberOf = new Map<string, string>()
  const properties: Record<string, JsonValue> = {}
  const required: string[] = []
  for (const [column, { type }] of Object.entries(COLUMNS)) {
    if (column !== 'id' && random.once(12)) continue
    const isRenamed = random.once(2)
    const name = isRenamed ? `its_${column}` : column
    memberOf.set(column, name)
    const kind: JsonObject = random.once(2) ? { type: [...kindsOf(type), 'null'] } : {}
    properties[name] = isRenamed ? { ...kind, 'x-lockstep': { column } } : kind
    if (random.once(3)) required.push(name)
  }
  const bank = { class: 'bank', mask: { kind: 'last', keep: 2 } }
  if (random.once(2)) properties.computed = { type: ['string', 'null'], 'x-lockstep': bank }
  if (random.once(2)) required.push('computed')
  properties.deep = {
    type: 'object',
    properties: {
      computed: { type: 'string', 'x-lockstep': bank },
      list: { type: 'array', items: { type: 'string', 'x-lockstep': { class: 'bank' } } },
      unbound: { type: 'string' },
    },
  }
  if (hasChildren) properties.children = { type: 'array', items: { $ref: '#/$defs/child' } }
  return [{ type: 'object', 'x-lockstep': { entity: 'Doc' }, properties, required }, memberOf]
}

/** What PostgreSQL's values are in JSON. */
function kindsOf(type: string): readonly string[] {
  if (type.endsWith('[]')) return ['array']
  if (type === 'boolean') return ['boolean']
  return /int/.test(type) ? ['integer', 'string'] : ['string']
}
