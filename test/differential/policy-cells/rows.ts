import type { EntityFact, EntityRef, JsonObject, JsonValue, Value } from '@lockstep/core'
import type { Random } from '../../../packages/engines/policy/test/oracle/random.ts'
import { tables } from './schema.ts'

type Row = Readonly<Record<string, JsonValue>>

/** Everything that is stored, by table. */
export interface Stored {
  readonly docs: readonly Row[]
  readonly orders: readonly Row[]
  readonly customers: readonly Row[]
  readonly folders: readonly Row[]
  readonly readers: readonly Row[]
  readonly order_watchers: readonly Row[]
}

const TEXTS = ['', 'a', 'b', 'ab', 'A', 'a%', 'a_b', '\\', 'é', '😀']
const USERS = ['u1', 'u2', 'u3', '1']
const PRICES = ['0.0000', '1.5000', '-0.5000', '2.0000', '99999999999999.9999', '1.5001']
const INSTANTS = [
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T12:00:00.000Z',
  '1969-12-31T23:30:00.500Z',
  '0044-03-15T00:00:00.000Z',
]

/** Draws rows of every table, with references that lead nowhere, and NULL where a column may be. */
export function drawRows(count: number, random: Random): Stored {
  const maybe = <T>(value: T): T | null => (random.once(3) ? null : value)
  const texts = () => random.some(['a', 'b', 'ab', 'é']).slice(0, 3)
  const docs = Array.from({ length: count }, (_, n) => ({
    id: `d${n}`,
    title: random.pick(TEXTS),
    code: random.pick(['a', 'abc', 'ab', '']),
    size: random.pick([0, 1, 2, 3, 5, 9_007_199_254_740_991, -9_007_199_254_740_991]),
    small: random.pick([0, 1, 2, 3, -1, 32_767]),
    open: random.once(2),
    owner: random.pick(USERS),
    team: random.pick([1, 2, 3]),
    price: random.pick(PRICES),
    due: random.pick(INSTANTS),
    labels: texts(),
    nums: random.some([1, 2, 3, 3]),
    teams: random.some([1, 2, 3]),
    order_id: random.pick([1, 2, 3, 4, 5, 99]),
    folder_id: random.pick(['f1', 'f2', 'f3', 'gone']),
    note: maybe(random.pick(TEXTS)),
    cap: maybe(random.below(5)),
    flag: maybe(random.once(2)),
    fee: maybe(random.pick(['0.00', '1.50', '2.00'])),
    until: maybe(random.pick(INSTANTS)),
    editor: maybe(random.pick(USERS)),
    tags: maybe(texts()),
    backup_id: maybe(random.pick([1, 2, 3, 99])),
    secret: `secret ${n}`,
  }))
  return {
    docs,
    orders: [1, 2, 3, 4, 5].map((id) => ({
      id,
      tenant: random.pick(['t1', 't2', 'a']),
      total: random.below(5),
      open: id % 2 === 0,
      customer_id: id === 5 ? 99 : (id % 3) + 1,
      memo: id % 2 ? 'a' : null,
    })),
    customers: [1, 2, 3].map((id) => ({ id, tier: id, vip: id === 2, region: id === 1 ? null : 'a' })),
    folders: ['f1', 'f2', 'f3'].map((id, n) => ({
      id,
      name: random.pick(TEXTS),
      shelf_id: ['s1', 's2', null][n] ?? null,
    })),
    readers: docs.flatMap(({ id }) =>
      USERS.filter(() => random.once(3)).map((user_id) => ({ doc_id: id, user_id, gone: random.once(5) })),
    ),
    order_watchers: [1, 2, 3, 4].flatMap((order_id) =>
      USERS.filter(() => random.once(2)).map((user_id) => ({ order_id, user_id })),
    ),
  }
}

/** A row of `docs` as the entity that it is, with every entity that it leads to: each as Cedar is told of it. */
export function factsOf(doc: Row, stored: Stored): readonly [EntityFact, ...EntityFact[]] {
  const own = (key: 'docs' | 'orders' | 'customers' | 'folders', row: Row) => factOf(row, `public.${key}`, stored)
  const resource = own('docs', doc)
  const orders = stored.orders.filter(({ id }) => id === doc.order_id || id === doc.backup_id)
  const customers = stored.customers.filter(({ id }) => orders.some(({ customer_id }) => customer_id === id))
  const folders = stored.folders.filter(({ id }) => id === doc.folder_id)
  return [
    resource,
    ...orders.map((row) => own('orders', row)),
    ...customers.map((row) => own('customers', row)),
    ...folders.map((row) => own('folders', row)),
  ]
}

function factOf(row: Row, id: keyof typeof tables, stored: Stored): EntityFact {
  const {
    entity,
    key,
    columns,
    ...more
  }: (typeof tables)[typeof id] & {
    readonly parents?: Readonly<Record<string, { readonly column: string }>>
  } = tables[id]
  const attributes: Record<string, Value> = {}
  for (const [name, column] of Object.entries(columns)) {
    const mapping: { readonly type: string; readonly attribute?: string; readonly entity?: string } = column
    if (mapping.attribute === undefined || row[name] === null) continue
    attributes[mapping.attribute] = cedarValue(row[name], mapping.type, mapping.entity)
  }
  if (entity === 'Doc') {
    const told = stored.readers.filter(({ doc_id, gone }) => doc_id === row.id && gone === false)
    attributes.readers = { set: told.map(({ user_id }) => ref('User', user_id)) }
  }
  if (entity === 'Order') {
    const told = stored.order_watchers.filter(({ order_id }) => order_id === row.id)
    attributes.watchers = { set: told.map(({ user_id }) => ref('User', user_id)) }
  }
  const parents = Object.entries(more.parents ?? {}).flatMap(([type, { column }]): EntityRef[] =>
    row[column] === null ? [] : [{ type, id: String(row[column]) }],
  )
  return { type: entity, id: String(row[key]), attributes, parents }
}

function ref(type: string, id: JsonValue | undefined): Value {
  return { entity: { type, id: String(id) } }
}

function cedarValue(cell: JsonValue | undefined, type: string, entity: string | undefined): Value {
  if (Array.isArray(cell)) return { set: cell.map((one: JsonValue) => cedarValue(one, '', entity)) }
  if (entity !== undefined) return ref(entity, cell)
  if (type.startsWith('numeric')) return { extension: { type: 'decimal', text: String(cell) } }
  if (type.startsWith('timestamp')) return { extension: { type: 'datetime', text: String(cell) } }
  if (typeof cell === 'boolean' || typeof cell === 'number') return cell
  return String(cell)
}

/** The principals that are asked about, each with what is known of them. */
export const PRINCIPALS: readonly EntityFact[] = ['u1', 'u2', 'u3'].map((id, n) => ({
  type: 'User',
  id,
  attributes: {
    level: n,
    name: ['a', 'ab', '😀'][n] ?? '',
    teams: { set: [1, 2].slice(n).map((team) => ref('Team', team)) },
    rate: { extension: { type: 'decimal', text: ['1.5', '0.0', '-0.5'][n] ?? '0.0' } },
    since: { extension: { type: 'datetime', text: ['2026-01-01', '2026-01-01T12:00:00Z', '0044-03-15'][n] ?? '' } },
    labels: { set: ['a', 'b'].slice(n) },
    ...(n === 0 ? { boss: ref('User', 'nobody') } : n === 1 ? { boss: ref('User', 'u3') } : {}),
  },
  parents: n === 2 ? [] : [{ type: 'Team', id: String(n + 1) }],
}))

/** A row as a tool would return it. */
export function recordOf(doc: Row): JsonObject {
  return { ...doc }
}
