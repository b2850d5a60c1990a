import { type Column, columnsOf, type From, type Grammar, type Relation, type Scope, type Table } from './grammar.ts'

/** Rows of a table, of anything made of a few, and of a whole FROM clause: at most about so many. */
const [FEW, SEVERAL, MOST] = [9, 80, 700]

/** Writes a FROM clause of joined relations. */
export function writeFrom(g: Grammar, outer: Scope | undefined, depth: number): From {
  const { draw, feature } = g
  const first = g.relation(outer, depth)
  let text = first.text
  const relations = [...first.relations]
  // what stands before the last comma is out of sight for ON
  let sight = 0
  let size = sizeOf(relations)
  while (size < (depth > 0 ? MOST : 40) && draw.chance(depth > 0 ? 50 : 30)) {
    const lateral = draw.chance(15)
    const next = lateral
      ? lateralItem(g, { relations: relations.slice(sight), outer }, depth)
      : g.relation(outer, depth)
    const [made] = next.relations
    if (!made || size * made.size > MOST * 4) break
    const left = { relations: relations.slice(sight), outer }
    const kinds = lateral ? LATERAL_JOINS : JOINS
    const kind = draw.pick(...kinds)
    const joined = join(g, kind, text, next.text, left, made, relations.length === 1)
    if (joined === undefined) continue
    feature(kind)
    text = joined
    if (kind === ',') sight = relations.length
    relations.push(made)
    size *= made.size
  }
  return { text, relations }
}

const JOINS = [
  'join',
  'inner join',
  'left join',
  'right join',
  'full join',
  'cross join',
  ',',
  'using',
  'natural join',
  'in parentheses',
]
const LATERAL_JOINS = ['join', 'left join', 'cross join', ',']

function join(
  g: Grammar,
  kind: string,
  left: string,
  right: string,
  scope: Scope,
  made: Relation,
  isFirst: boolean,
): string | undefined {
  const both = { relations: [...scope.relations, made], outer: scope.outer }
  if (kind === ',') return `${left}, ${right}`
  if (kind === 'cross join') return `${left} cross join ${right}`
  if (kind === 'full join') {
    const [a, b] = [columnsOf({ relations: scope.relations }, 'int'), columnsOf({ relations: [made] }, 'int')]
    if (a.length === 0 || b.length === 0) return undefined
    return `${left} full join ${right} on ${g.draw.pick(...a)} = ${g.draw.pick(...b)}`
  }
  if (kind === 'in parentheses') return `(${left} left join ${right} on ${onCondition(g, both)})`
  if (kind === 'using' || kind === 'natural join') {
    const [only] = scope.relations
    if (!isFirst || !only) return undefined
    return merge(g, kind, left, right, only, made)
  }
  return `${left} ${kind} ${right} on ${onCondition(g, both)}`
}

function onCondition(g: Grammar, scope: Scope): string {
  return g.draw.chance(15) ? 'true' : g.predicate(scope, g.draw.chance(20) ? 1 : 0)
}

/** USING and NATURAL, where every column of a name that both sides have is of one type. */
function merge(g: Grammar, kind: string, left: string, right: string, a: Relation, b: Relation): string | undefined {
  const shared = a.columns.filter(({ name }) => b.columns.some((column) => column.name === name))
  if (shared.length === 0 || shared.some(({ mask }) => mask)) return undefined
  if (shared.some(({ name, type }) => b.columns.some((column) => column.name === name && column.type !== type)))
    return undefined
  const side = g.draw.pick('', 'left ', 'right ', 'full ', 'inner ')
  const names = shared.map(({ name }) => name)
  if (kind === 'using') {
    const some = names.slice(0, 1 + g.draw.below(names.length))
    return `${left} ${side}join ${right} using (${some.join(', ')})`
  }
  // for the oracle, hidden columns of one name would be common too
  return `${left} ${g.differ('natural ', '')}${side}join ${right}${g.differ('', ` using (${names.join(', ')})`)}`
}

function sizeOf(relations: readonly Relation[]): number {
  return relations.reduce((product, { size }) => product * size, 1)
}

/** An item of FROM that looks at what stands to its left. */
function lateralItem(g: Grammar, left: Scope, depth: number): From {
  const alias = g.fresh()
  const kind = g.draw.pick('lateral', 'lateral', 'lateral function', 'lateral unnest')
  g.feature(kind)
  if (kind === 'lateral unnest') {
    const columns: Column[] = [{ name: 'item', type: 'text' }]
    const ordinality = g.draw.chance(30)
    if (ordinality) g.feature('with ordinality')
    const made = {
      alias,
      columns: ordinality ? [...columns, { name: 'place', type: 'int' as const }] : columns,
      keys: [],
      size: 3,
    }
    const names = made.columns.map(({ name }) => name).join(', ')
    return {
      text: `unnest(${g.expression(left, 'texts', 0)})${ordinality ? ' with ordinality' : ''} as ${alias}(${names})`,
      relations: [made],
    }
  }
  if (kind === 'lateral function') {
    const upper = `least(abs(${g.expression(left, 'int', 0)}), 4)`
    const made: Relation = { alias, columns: [{ name: alias, type: 'int' }], keys: [alias], size: 4 }
    return { text: `${g.draw.pick('', 'lateral ')}generate_series(1, ${upper}) as ${alias}`, relations: [made] }
  }
  const made: Relation = {
    alias,
    columns: [
      { name: 'a', type: 'int' },
      { name: 'b', type: 'text' },
    ],
    keys: [],
    size: FEW,
  }
  return { text: `lateral (${g.block(left, Math.max(0, depth - 1))}) as ${alias}`, relations: [made] }
}

/** Writes one relation: a table, a CTE, or something made. */
export function writeRelation(g: Grammar, outer: Scope | undefined, depth: number): From {
  const { draw, feature } = g
  if (g.ctes.size > 0 && draw.chance(40)) {
    const [name, columns] = draw.pick(...g.ctes)
    const alias = g.fresh()
    return { text: `${name} ${draw.pick('', 'as ')}${alias}`, relations: [{ alias, columns, keys: [], size: SEVERAL }] }
  }
  if (depth > 0 && draw.chance(25)) return derived(g, outer, depth - 1)
  if (draw.chance(10)) return made(g)
  const table = draw.pick(...g.schema.tables)
  const columns = table.columns
  const schema = g.ctes.has(table.name) || draw.chance(40) ? `${g.schema.name}.` : ''
  if (draw.chance(10) && !columns.some(({ mask }) => mask)) {
    feature('alias list')
    const alias = g.fresh()
    const names = columns.slice(0, 1 + draw.below(columns.length)).map((_, index) => `${alias}_${index}`)
    const renamed = columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }))
    const keys = table.keys.map((key) => renamed[columns.findIndex(({ name }) => name === key)]?.name ?? key)
    const visible = `(select ${columns.map(({ name }) => name).join(', ')} from ${schema}${table.name})`
    return {
      text: `${g.differ(`${schema}${table.name}`, visible)} as ${alias}(${names.join(', ')})`,
      relations: [{ alias, columns: renamed, keys, size: FEW }],
    }
  }
  if (draw.chance(5)) {
    feature('quoted alias')
    const alias = `"Select ${g.fresh()}"`
    return { text: `${schema}${table.name} as ${alias}`, relations: [relationOf(table, alias)] }
  }
  const alias = g.fresh()
  return { text: `${schema}${table.name} ${draw.pick('', 'as ')}${alias}`, relations: [relationOf(table, alias)] }
}

function relationOf(table: Table, alias: string): Relation {
  return { alias, columns: table.columns, keys: table.keys, size: FEW, table }
}

/** A table that was selected as it is: its masks are made, and nothing knows its key any more. */
function shown(table: Table, alias: string): Relation {
  const columns = table.columns.map((column) => (column.mask ? { ...column, mask: '$' } : column))
  return { alias, columns, keys: table.keys, size: FEW }
}

function derived(g: Grammar, outer: Scope | undefined, depth: number): From {
  const alias = g.fresh()
  const kind = g.draw.pick('derived table', 'derived table', 'derived star', 'derived TABLE', 'derived set operation')
  g.feature(kind)
  if (kind === 'derived TABLE') {
    const table = g.draw.pick(...g.schema.tables.filter(({ name }) => !g.ctes.has(name)))
    const visible = `select ${table.columns.map((column) => selectable(column, table.name)).join(', ')} from ${table.name}`
    return { text: `(${g.differ(`table ${table.name}`, visible)}) as ${alias}`, relations: [shown(table, alias)] }
  }
  if (kind === 'derived star') {
    const inner = g.fresh()
    const table = g.draw.pick(...g.schema.tables)
    const star = g.differ(`${inner}.*`, table.columns.map((column) => selectable(column, inner)).join(', '))
    const where = g.predicate({ relations: [relationOf(table, inner)] }, depth)
    return {
      text: `(select ${star} from ${g.schema.name}.${table.name} ${inner} where ${where}) ${alias}`,
      relations: [shown(table, alias)],
    }
  }
  const columns: Column[] = [
    { name: 'id', type: 'int' },
    { name: 'a', type: 'int' },
    { name: 'b', type: 'text' },
  ]
  const inner =
    kind === 'derived set operation'
      ? `${g.block(undefined, depth)} ${g.draw.pick('union', 'union all', 'intersect', 'except')} ${g.block(undefined, depth)}`
      : g.block(undefined, depth)
  const value = outer ? g.expression(outer, 'int', 0) : '1'
  return {
    text: `(select ${value} as id, z.* from (${inner}) as z(a, b)) as ${alias}`,
    relations: [{ alias, columns, keys: [], size: SEVERAL }],
  }
}

/** A column as the oracle selects it: a mask is written out for it, since row-level security has none. */
export function selectable(column: Column, alias: string): string {
  const plain = `${alias}.${column.name}`
  return column.mask ? `${column.mask.replaceAll('$', () => plain)} as ${column.name}` : plain
}

function made(g: Grammar): From {
  const alias = g.fresh()
  const kind = g.draw.pick('values', 'generate_series', 'unnest', 'json_each')
  g.feature(kind)
  if (kind === 'values') {
    const columns: Column[] = [
      { name: 'k', type: 'int' },
      { name: 's', type: 'text' },
    ]
    return {
      text: `(values (1, 'mine'), (2, 'note 1'), (3, null)) as ${alias}(k, s)`,
      relations: [{ alias, columns, keys: ['k'], size: 3 }],
    }
  }
  if (kind === 'generate_series') {
    const columns: Column[] = [{ name: alias, type: 'int' }]
    return { text: `generate_series(1, 4) ${alias}`, relations: [{ alias, columns, keys: [alias], size: 4 }] }
  }
  if (kind === 'unnest') {
    const columns: Column[] = [{ name: 'u', type: 'text' }]
    return {
      text: `unnest(array['a', 'note 2', null]) as ${alias}(u)`,
      relations: [{ alias, columns, keys: ['u'], size: 3 }],
    }
  }
  const columns: Column[] = [
    { name: 'key', type: 'text' },
    { name: 'value', type: 'text' },
  ]
  return {
    text: `jsonb_each_text('{"n": 1, "k": "x"}') ${alias}`,
    relations: [{ alias, columns, keys: ['key'], size: 2 }],
  }
}
