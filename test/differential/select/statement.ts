import { selectable } from './from-clause.ts'
import { type Column, type Grammar, type Scope, type Table, totalOrder } from './grammar.ts'

/** A whole statement, and whether it says in which order its rows come. */
export interface Statement {
  readonly text: string
  readonly ordered: boolean
}

/** Writes a whole statement. */
export function writeStatement(g: Grammar): Statement {
  const [name, write] = g.draw.pick(...Object.entries(STATEMENTS))
  g.feature(name.replace(/,.*/, ''))
  const statement = write(g)
  return typeof statement === 'string' ? { text: statement, ordered: false } : statement
}

const BLOCK: readonly Column[] = [
  { name: 'a', type: 'int' },
  { name: 'b', type: 'text' },
]
const ORDERS = [
  'order by a, b',
  'order by 1, 2',
  'order by a desc nulls last, b collate "C"',
  'order by b nulls first, a',
]

/** Rows that are equal in both columns cannot be told apart, so that ordering by both is total. */
const ordered = (g: Grammar, text: string): Statement => ({ text: `${text} ${g.draw.pick(...ORDERS)}`, ordered: true })

const STATEMENTS: Readonly<Record<string, (g: Grammar) => string | Statement>> = {
  block: (g) => g.block(undefined, 2),
  'block, once more': (g) => g.block(undefined, 2),
  'ordered block': (g) => ordered(g, `select a, b from (${g.block(undefined, 2)}) q`),
  star(g) {
    const { text, relations } = g.from(undefined, 1)
    const scope = { relations }
    const where = g.draw.chance(60) ? ` where ${g.predicate(scope, 2)}` : ''
    const stars = relations.map(({ alias, columns }) => {
      const visible = columns.map((column) => selectable(column, alias)).join(', ')
      return g.differ(`${alias}.*`, visible)
    })
    const order = totalOrder(scope)
    if (order === undefined || g.draw.chance(50)) return `select ${stars.join(', ')} from ${text}${where}`
    return { text: `select ${stars.join(', ')} from ${text}${where} order by ${order}`, ordered: true }
  },
  'bare star'(g) {
    const { text, relations } = g.relation(undefined, 1)
    const [only] = relations
    const visible = only ? only.columns.map((column) => selectable(column, only.alias)).join(', ') : '*'
    return `select ${g.differ('*', visible)} from ${text} where ${g.predicate({ relations }, 2)}`
  },
  'several columns'(g) {
    const { text, relations } = g.from(undefined, 1)
    const scope = { relations }
    const columns = relations.flatMap(({ alias, columns }) => columns.map((column) => ({ alias, column })))
    const some = columns.filter(() => g.draw.chance(40)).slice(0, 6)
    if (some.some(({ column }) => column.mask)) g.feature('masked column')
    const items = some.map(({ alias, column }) => g.differ(`${alias}.${column.name}`, selectable(column, alias)))
    items.push(
      `${g.expression(scope, 'date', 1)} as "The Date"`,
      g.expression(scope, g.draw.pick('bool', 'json', 'texts', 'number'), 1),
    )
    const order = totalOrder(scope)
    const limit =
      order === undefined
        ? ''
        : g.draw.pick('', ` order by ${order} limit 5`, ` order by ${order} limit ${g.parameter('4')} offset 1`)
    return {
      text: `select ${items.join(', ')} from ${text} where ${g.predicate(scope, 1)}${limit}`,
      ordered: limit !== '',
    }
  },
  'masked columns'(g) {
    const masked = g.schema.tables.filter(({ columns }) => columns.some(({ mask }) => mask))
    if (masked.length === 0) return g.block(undefined, 2)
    const table = g.draw.pick(...masked)
    const alias = g.fresh()
    const shown = table.columns
      .map((column) => g.differ(`${alias}.${column.name}`, selectable(column, alias)))
      .join(', ')
    const scope: Scope = { relations: [{ alias, columns: table.columns, keys: table.keys, size: 9, table }] }
    const inner = `select ${shown} from ${g.schema.name}.${table.name} ${alias} where ${g.predicate(scope, 2)}`
    return g.draw.pick(
      inner,
      `select * from (${inner}) m`,
      `with m as (${inner}) select m.* from m`,
      `${inner} union all ${inner}`,
    )
  },
  cte(g) {
    const name = g.draw.pick('x', 'orders', 'labels', '"Recent Ones"')
    const hint = g.draw.pick('as', 'as materialized', 'as not materialized')
    const first = `${name}(a, b) ${hint} (${g.block(undefined, 1)})`
    g.ctes.set(name, BLOCK)
    if (name !== 'x') g.feature('cte that hides a table')
    const second = g.draw.chance(40) ? `, y as (${g.block(undefined, 1)})` : ''
    if (second !== '') g.ctes.set('y', BLOCK)
    const inner = g.draw.chance(30)
      ? `select * from (${g.block(undefined, 1)}) q where a in (select a from ${name})`
      : g.block(undefined, 1)
    return ordered(g, `with ${first}${second} select a, b from (${inner}) q`)
  },
  'cte in a sub-query'(g) {
    const outer = g.block(undefined, 1)
    const inner = `with w(a, b) as (${g.block(undefined, 0)})`
    g.ctes.set('w', BLOCK)
    const used = g.block(undefined, 0)
    g.ctes.delete('w')
    return `select o.a, o.b from (${outer}) o where o.a in (select a from (${inner} ${used}) q)`
  },
  'recursive numbers'(g) {
    g.feature('recursive cte')
    const predicate = g.block(undefined, 1)
    return `with recursive r(n) as (select 1 union all select n + 1 from r where n < 6) select r.n, q.b from r join (${predicate}) q on q.a = r.n`
  },
  'recursive tree'(g) {
    g.feature('recursive cte')
    const tree = g.schema.tables.find(({ columns }) => columns.some(({ name }) => name === 'parent_id'))
    if (!tree) return g.block(undefined, 2)
    const table = `${g.schema.name}.${tree.name}`
    const start = `select t.id, t.label, 0 as depth from ${table} t where t.parent_id is null`
    const step = `select c.id, c.label, r.depth + 1 from ${table} c join r on c.parent_id = r.id where r.depth < 4`
    const block = g.block(undefined, 1)
    return `with recursive r(id, label, depth) as (${start} ${g.draw.pick('union', 'union all')} ${step}) select r.*, q.b from r left join (${block}) q on q.a = r.id`
  },
  'set operation'(g) {
    const text = `${g.block(undefined, 1)} ${setOperation(g)} ${g.block(undefined, 1)}`
    const order = g.draw.pick('', '', ' order by a, b', ' order by 2, 1 desc')
    return { text: text + order, ordered: order !== '' }
  },
  'set operations, nested'(g) {
    g.feature('nested set operations')
    return `(${g.block(undefined, 0)} ${setOperation(g)} ${g.block(undefined, 0)}) ${setOperation(g)} (${g.block(undefined, 0)} limit 0)`
  },
  limit: (g) => ({
    text: `select a, b from (${g.block(undefined, 2)}) q order by a, b limit 3 offset ${g.draw.pick('0', '1', g.parameter('2'))}`,
    ordered: true,
  }),
  TABLE(g) {
    const table = g.draw.pick(...g.schema.tables)
    const visible = `select ${table.columns.map((column) => selectable(column, table.name)).join(', ')} from ${g.schema.name}.${table.name}`
    return g.differ(`table ${g.schema.name}.${table.name}`, visible)
  },
  VALUES: (g) =>
    `values (1, ${g.expression({ relations: [] }, 'text', 1)}), (${g.expression({ relations: [] }, 'int', 2)}, 'x')`,
  'no FROM': (g) =>
    `select ${g.expression({ relations: [] }, 'int', 2)} as a, exists (${g.single(undefined, 'int', 2)}), array(select x from (${g.single(undefined, 'int', 1)}) q(x) order by x)`,
  'names as they are'(g) {
    const table = g.draw.pick(...g.schema.tables)
    const plain = table.columns.filter(({ mask }) => !mask)
    const column = g.draw.pick(...plain)
    const path = g.draw.pick(`${table.name}.`, `${g.schema.name}.${table.name}.`, '')
    g.feature(
      path === ''
        ? 'bare names'
        : path.startsWith(g.schema.name)
          ? 'names with their schema'
          : 'names with their table',
    )
    const other = plain.map(({ name }) => path + name).join(', ')
    return `select ${path}${column.name}, count(*) over (), ${other} from ${g.schema.name}.${table.name} where ${path}${column.name} is not null order by ${ordersOf(table, path)}`
  },
  'expressions without names'(g) {
    const { text, relations } = g.from(undefined, 1)
    const types = ['int', 'text', 'number', 'date', 'bool', 'json', 'texts'] as const
    const items = types.map((type) => g.expression({ relations }, type, 1))
    return `select ${items.join(', ')} from ${text}`
  },
}

function ordersOf(table: Table, path: string): string {
  return table.keys.map((key) => path + key).join(', ')
}

function setOperation(g: Grammar): string {
  const operation = g.draw.pick('union', 'union all', 'intersect', 'intersect all', 'except', 'except all')
  g.feature(operation)
  return operation
}
