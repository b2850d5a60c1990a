import { columnsOf, type From, type Grammar, type Scope, type Type, totalOrder } from './grammar.ts'

/** Writes a query of one column, which may look at the levels around it. */
export function writeSingle(g: Grammar, outer: Scope | undefined, type: Type, depth: number): string {
  g.feature('sub-query')
  if (g.draw.chance(5) && (type === 'int' || type === 'text')) {
    g.feature('values in a sub-query')
    return `values (${g.expression(outer ?? { relations: [] }, type, 0)}), (${g.expression({ relations: [] }, type, 0)})`
  }
  const from = g.from(outer, 0)
  const scope = { relations: from.relations, outer }
  const where = g.draw.chance(65) ? ` where ${g.predicate(scope, depth)}` : ''
  return `select ${g.expression(scope, type, 0)} from ${from.text}${where}`
}

/** Writes a query of an int column `a` and a text column `b`. */
export function writeBlock(g: Grammar, outer: Scope | undefined, depth: number): string {
  const from = g.from(outer, depth)
  const scope = { relations: from.relations, outer }
  const where = g.draw.chance(60) ? ` where ${g.predicate(scope, depth)}` : ''
  const [name, write] = g.draw.pick(...Object.entries(SHAPES))
  const text = write(g, scope, from, where, depth)
  if (text === undefined) return plain(g, scope, from, where, depth)
  g.feature(name)
  return text
}

type Write = (g: Grammar, scope: Scope, from: From, where: string, depth: number) => string | undefined

const plain = (g: Grammar, scope: Scope, { text }: From, where: string, depth: number): string =>
  `select ${g.expression(scope, 'int', depth)} as a, ${g.expression(scope, 'text', depth)} as b from ${text}${where}`

const SHAPES: Readonly<Record<string, Write>> = {
  plain,
  'plain, once more': plain,
  distinct: (g, scope, from, where, depth) =>
    plain(g, scope, from, where, depth).replace(/^select /, 'select distinct '),
  'distinct on'(g, scope, { text }, where, depth) {
    const order = totalOrder(scope)
    if (order === undefined) return undefined
    const by = g.expression(scope, g.draw.pick('int', 'text', 'date'), 0)
    const direction = g.draw.pick('', ' desc', ' desc nulls last', ' nulls first')
    return `(select distinct on (${by}) ${g.expression(scope, 'int', depth)} as a, ${g.expression(scope, 'text', depth)} as b from ${text}${where} order by ${by}${direction}, ${order})`
  },
  'group by': grouped,
  'group by, once more': grouped,
  'grouping sets'(g, scope, { text }, where) {
    const [by, other] = [pickColumn(g, scope, 'text'), pickColumn(g, scope, 'int')]
    if (by === undefined || other === undefined) return undefined
    const sets = g.draw.pick(
      `rollup (${by}, ${other})`,
      `cube (${by}, ${other})`,
      `grouping sets ((${by}), (${other}), ())`,
      `${by}, rollup (${other})`,
    )
    return `select (${aggregate(g, scope)} + grouping(${by}))::int as a, ${by} as b from ${text}${where} group by ${sets}`
  },
  'group by the key'(g, scope, { text }, where) {
    const [first] = scope.relations
    if (!first?.table?.hasPrimaryKey || first.keys.length !== 1) return undefined
    const column = g.draw.pick(...first.columns.filter(({ type, mask }) => type === 'text' && !mask))
    const having = g.draw.chance(30) ? ` having count(*) >= 1 and ${first.alias}.${column.name} is not null` : ''
    return `select ${aggregate(g, scope)}::int as a, ${first.alias}.${column.name} as b from ${text}${where} group by ${first.alias}.${first.keys[0]}${having}`
  },
  'aggregate without groups'(g, scope, { text }, where) {
    const order = totalOrder(scope)
    const e = g.expression({ relations: scope.relations }, 'text', 0)
    const joined =
      order === undefined ? `string_agg(${e}, ',' order by ${e})` : `string_agg(${e}, ',' order by ${order})`
    return `select ${aggregate(g, scope)}::int as a, left(${joined}, 200) as b from ${text}${where}`
  },
  'array and json aggregates'(g, scope, { text }, where) {
    const own = { relations: scope.relations }
    const [e, t] = [g.expression(own, 'int', 0), g.expression(own, 'text', 0)]
    const made = g.draw.pick(
      `array_agg(${e} order by ${e})::text`,
      `jsonb_agg(${t} order by ${t})::text`,
      `json_object_agg(coalesce(${t}, '-'), ${e} order by ${t}, ${e})::text`,
      `array_agg(distinct ${e})::text`,
    )
    return `select count(*)::int as a, ${made} as b from ${text}${where}`
  },
  'window rank': (g, scope, { text }, where, depth) =>
    `select ${g.draw.pick('rank', 'dense_rank')}() over (${partition(g, scope)}order by ${g.expression(scope, 'text', 0)})::int as a, ${g.expression(scope, 'text', depth)} as b from ${text}${where}`,
  'window aggregate'(g, scope, { text }, where, depth) {
    const over = `${partition(g, scope)}order by ${g.expression(scope, 'int', 0)}`
    return `select (${aggregate(g, scope)} over (${over}))::int as a, ${g.expression(scope, 'text', depth)} as b from ${text}${where}`
  },
  'window frame'(g, scope, { text }, where, depth) {
    const order = totalOrder(scope)
    if (order === undefined) return undefined
    const frame = g.draw.pick(
      'rows between 1 preceding and 1 following',
      'rows between unbounded preceding and current row exclude current row',
      'groups between 1 preceding and current row',
      'range between unbounded preceding and unbounded following exclude ties',
      'rows 2 preceding',
    )
    g.feature(`frame: ${frame.split(' ')[0]}`)
    return `select (sum(${g.expression(scope, 'int', 0)}) over (${partition(g, scope)}order by ${order} ${frame}))::int as a, ${g.expression(scope, 'text', depth)} as b from ${text}${where}`
  },
  'window by place'(g, scope, { text }, where) {
    const order = totalOrder(scope)
    if (order === undefined) return undefined
    const t = g.expression(scope, 'text', 0)
    const b = g.draw.pick(
      `lag(${t})`,
      `lead(${t}, 2, 'none')`,
      `first_value(${t})`,
      `nth_value(${t}, 2)`,
      `last_value(${t})`,
    )
    return `select ${g.draw.pick('row_number()', 'ntile(3)')} over w::int as a, ${b} over w as b from ${text}${where} window w as (${partition(g, scope)}order by ${order})`
  },
  'window named twice'(g, scope, { text }, where) {
    const order = totalOrder(scope)
    if (order === undefined) return undefined
    return `select (count(*) over (w order by ${order}))::int as a, min(${g.expression(scope, 'text', 0)}) over w as b from ${text}${where} window w as (partition by ${g.expression(scope, 'int', 0)})`
  },
  'ordered-set aggregate'(g, scope, { text }, where) {
    const own = { relations: scope.relations }
    const [n, t] = [g.expression(own, 'number', 0), g.expression(own, 'text', 0)]
    const of = g.draw.pick(
      `percentile_disc(0.5) within group (order by ${n})`,
      `count(distinct ${n})`,
      `round(percentile_cont(0.5) within group (order by ${n}))`,
    )
    return `select ${of}::int as a, mode() within group (order by ${t}) as b from ${text}${where}`
  },
  'limit in a sub-query'(g, scope, { text }, where) {
    const order = totalOrder(scope)
    if (order === undefined) return undefined
    const limit = g.draw.pick(
      'limit 3',
      'limit 4 offset 1',
      'offset 2 rows fetch first 3 rows only',
      'limit (select count(*) - 1 from labels)',
    )
    return `(select ${g.expression(scope, 'int', 0)} as a, ${g.expression(scope, 'text', 0)} as b from ${text}${where} order by ${order} ${limit.replace('labels', () => `${g.schema.name}.${g.schema.tables.at(-1)?.name}`)})`
  },
}

function grouped(g: Grammar, scope: Scope, { text }: From, where: string): string {
  const by = g.expression(scope, 'text', 0)
  const name = g.draw.pick('by position', 'by name', 'by expression')
  g.feature(`group ${name}`)
  const key = name === 'by position' ? '2' : name === 'by name' ? 'grouped_by' : by
  const having = g.draw.chance(35) ? ` having ${havingOf(g, scope)}` : ''
  // an output name is not in scope for HAVING, nor for GROUP BY when FROM has a column of the name
  const b = name === 'by name' ? 'grouped_by' : 'b'
  const inner = `select ${aggregate(g, scope)}::int as a, ${by} as ${b} from ${text}${where} group by ${key}${having}`
  return name === 'by name' ? `select x.a, x.grouped_by as b from (${inner}) x` : inner
}

function havingOf(g: Grammar, { relations }: Scope): string {
  const scope = { relations }
  g.feature('having')
  return g.draw.pick(
    'count(*) > 1',
    `max(${g.expression(scope, 'int', 0)}) > 1`,
    `bool_or(${g.predicate(scope, 0)})`,
    `sum(${g.expression(scope, 'number', 0)}) >= (select avg(x) from (${g.single(undefined, 'number', 0)}) q(x))`,
  )
}

/** An aggregate of this level: over columns of a level around alone, it would be one of that level. */
function aggregate(g: Grammar, { relations }: Scope): string {
  const scope = { relations }
  const of = g.draw.pick('count(*)', 'count', 'sum', 'min', 'max', 'bit_or', 'filter')
  if (of === 'count(*)') return of
  if (of !== 'filter') return `${of}(${g.expression(scope, 'int', 0)})`
  g.feature('filter')
  return `count(*) filter (where ${g.predicate(scope, 0)})`
}

function partition(g: Grammar, scope: Scope): string {
  return g.draw.chance(60) ? `partition by ${g.expression(scope, g.draw.pick('int', 'text', 'date'), 0)} ` : ''
}

function pickColumn(g: Grammar, scope: Scope, type: Type): string | undefined {
  const columns = columnsOf({ relations: scope.relations }, type)
  return columns.length > 0 ? g.draw.pick(...columns) : undefined
}
