import { drawStatement, type GeneratedStatement } from '../select/draw-statement.ts'
import type { From, Grammar, Leakiness, Relation, Schema, Table } from '../select/grammar.ts'
import { totalOrder } from '../select/grammar.ts'
import { writeReturning } from './returning.ts'
import { key, required, writable, writeValue } from './values.ts'

/** Draws one statement that writes. The same seed gives the same statement. */
export function generateWrite(seed: number, schema: Schema, leakiness: Leakiness = 9): GeneratedStatement {
  return drawStatement(seed, schema, leakiness, (g) => ({ text: writeAny(g), ordered: false }))
}

function writeAny(g: Grammar): string {
  const { draw } = g
  const table = draw.pick(...g.schema.tables)
  const kind = draw.pick('plain', 'plain', 'plain', 'plain', 'plain', 'cte that reads', 'cte that writes')
  if (kind !== 'plain') g.feature(kind)
  if (kind === 'cte that reads') {
    const first = `with x(a, b) as ${draw.pick('', 'materialized ')}(${g.block(undefined, 1)})`
    g.ctes.set('x', BLOCK)
    return `${first} ${writeOne(g, table)}`
  }
  if (kind === 'cte that writes') return writeBoth(g, table)
  return writeOne(g, table)
}

const BLOCK = [
  { name: 'a', type: 'int' },
  { name: 'b', type: 'text' },
] as const

/** Tables whose writes reach each other, by a trigger or a reference. Which of two statements comes first would show. */
const TOUCHING: readonly (readonly string[])[] = [
  ['customers', 'stock'],
  ['labels', '"Order Notes"'],
]

function writeBoth(g: Grammar, first: Table): string {
  const { draw } = g
  const others = g.schema.tables.filter(
    ({ name }) => name !== first.name && !TOUCHING.some((pair) => pair.includes(name) && pair.includes(first.name)),
  )
  const alias = g.fresh()
  const written = writeOne(g, first, alias)
  const a = draw.pick(...first.columns.filter(({ type }) => type === 'int')).name
  const b = draw.pick(...first.columns.filter(({ type, mask }) => type === 'text' && !mask)).name
  const cte = `with w(a, b) as (${written} returning ${alias}.${a}, ${alias}.${b})`
  g.ctes.set('w', BLOCK)
  if (draw.chance(40)) {
    g.feature('select from a cte that writes')
    return `${cte} ${g.block(undefined, 1)}`
  }
  if (draw.chance(20)) g.ctes.delete('w')
  return `${cte} ${writeOne(g, draw.pick(...others))}`
}

/** One statement; with the alias of its table given, one that does not return anything yet. */
function writeOne(g: Grammar, table: Table, alias?: string): string {
  const kind = g.draw.pick('insert', 'insert', 'update', 'update', 'update', 'delete', 'delete')
  if (kind === 'insert') return writeInsert(g, table, alias)
  return kind === 'update' ? writeUpdate(g, table, alias) : writeDelete(g, table, alias)
}

function relationOf(table: Table, alias: string): Relation {
  return { alias, columns: table.columns, keys: table.keys, size: 9, table }
}

/** How the table that is written is named, and by what. */
function named(g: Grammar, table: Table, alias: string | undefined): { readonly text: string; readonly name: string } {
  const schema = g.ctes.has(table.name) || g.draw.chance(50) ? `${g.schema.name}.` : ''
  if (alias === undefined && g.draw.chance(30)) return { text: schema + table.name, name: table.name }
  const name = alias ?? g.fresh()
  return { text: `${schema}${table.name} as ${name}`, name }
}

function writeInsert(g: Grammar, table: Table, alias: string | undefined): string {
  const { draw, feature } = g
  const { text, name } = named(g, table, alias)
  const target = relationOf(table, name)
  const returning = (): string => (alias === undefined ? writeReturning(g, [target]) : '')
  const must = required(table)
  const listed = writable(table).filter((column) => must.includes(column.name) || draw.chance(45))
  const given = draw.chance(30) ? [...listed].reverse() : listed
  if (draw.chance(3) || given.length === 0) {
    feature('default values')
    return `insert into ${text} default values${returning()}`
  }
  const columns = given.map((column) => column.name).join(', ')
  const isKey = (column: string): boolean => table.keys.includes(column)
  let source: string
  if (draw.chance(55)) {
    feature('insert values')
    const rows = Array.from({ length: draw.pick(1, 1, 1, 2, 3) }, () => {
      const values = given.map((column) =>
        isKey(column.name) ? key(g) : writeValue(g, { relations: [] }, table, column, 1),
      )
      return `(${values.join(', ')})`
    })
    if (rows.length > 1) feature('several rows')
    source = `values ${rows.join(', ')}`
  } else {
    feature('insert select')
    const from = g.from(undefined, 1)
    const scope = { relations: from.relations }
    const order = totalOrder(scope)
    const numbered = order === undefined ? undefined : `300 + (row_number() over (order by ${order}))::int`
    const values = given.map((column) => {
      if (isKey(column.name)) return numbered ?? key(g)
      const value = writeValue(g, scope, table, column, 1)
      return value === 'default' ? 'null' : value
    })
    const where = ` where ${g.predicate(scope, 2)}`
    source = `select ${values.join(', ')} from ${from.text}${where}${draw.chance(10) && order !== undefined ? ` order by ${order} limit 2` : ''}`
  }
  return `insert into ${text} (${columns}) ${source}${onConflict(g, table, target, given)}${returning()}`
}

function onConflict(g: Grammar, table: Table, target: Relation, given: Table['columns']): string {
  const { draw, feature } = g
  if (draw.chance(60)) return ''
  const arbiter = table.name === 'stock' && draw.chance(50) ? 'tenant_id, note' : table.keys.join(', ')
  if (!table.hasPrimaryKey || draw.chance(40)) {
    feature('on conflict do nothing')
    return ` on conflict ${table.hasPrimaryKey && draw.chance(60) ? `(${arbiter}) ` : ''}do nothing`
  }
  feature('on conflict do update')
  const excluded: Relation = { alias: 'excluded', columns: given, keys: [], size: 1 }
  const scope = { relations: [target, excluded] }
  const where = draw.chance(40) ? ` where ${g.predicate(scope, 1)}` : ''
  return ` on conflict (${arbiter}) do update set ${settings(g, table, { relations: scope.relations, text: '' })}${where}`
}

function settings(g: Grammar, table: Table, { relations }: From): string {
  const { draw } = g
  const scope = { relations }
  const columns = writable(table).filter(({ name }) => !table.keys.includes(name) && draw.chance(30))
  const chosen = columns.length > 0 ? columns : [draw.pick(...writable(table))]
  const [target] = relations
  const value = (column: Table['columns'][number], depth = 1): string =>
    table.keys.includes(column.name)
      ? `${target?.alias}.${column.name} + ${draw.pick(1000, 0, 0)}`
      : writeValue(g, scope, table, column, depth)
  const [a, b, ...more] = chosen
  if (a && b && draw.chance(25)) {
    const rest = more.map((column) => `, ${column.name} = ${value(column)}`).join('')
    if (draw.chance(50)) {
      g.feature('several columns set from a row')
      return `(${a.name}, ${b.name}) = (${value(a)}, ${value(b)})${rest}`
    }
    if (a.type === 'int' && b.type === 'text' && !/tenant|Tenant|stage|touched/.test(a.name + b.name)) {
      g.feature('several columns set from a sub-query')
      return `(${a.name}, ${b.name}) = (select q.a, q.b from (${g.block(scope, 1)}) q order by 1, 2 limit 1)${rest}`
    }
  }
  return chosen.map((column) => `${column.name} = ${value(column)}`).join(', ')
}

/** A relation beside the target of which each of its rows meets one row at most. */
function beside(
  g: Grammar,
  target: Relation,
): { readonly text: string; readonly made: Relation; readonly on: string } | undefined {
  const tables = g.schema.tables.filter(({ hasPrimaryKey }) => hasPrimaryKey)
  const other = g.draw.pick(...tables)
  const alias = g.fresh()
  const columns = target.columns.filter(({ type, mask }) => type === 'int' && !mask)
  const mine = g.draw.pick(...columns).name
  const schema = `${g.schema.name}.`
  const on = `${alias}.${other.keys[0]} = ${target.alias}.${mine}`
  if (g.draw.chance(25)) {
    const inner = g.fresh()
    const visible = other.columns.filter(({ mask }) => !mask)
    const names = visible.map(({ name }) => `${inner}.${name}`).join(', ')
    const where = g.predicate({ relations: [relationOf(other, inner)] }, 1)
    const made = { alias, columns: visible, keys: other.keys, size: 9 }
    return { text: `(select ${names} from ${schema}${other.name} ${inner} where ${where}) as ${alias}`, made, on }
  }
  return { text: `${schema}${other.name} ${alias}`, made: relationOf(other, alias), on }
}

function writeUpdate(g: Grammar, table: Table, alias: string | undefined): string {
  const { text, name } = named(g, table, alias)
  const target = relationOf(table, name)
  const other = g.draw.chance(35) ? beside(g, target) : undefined
  if (other) g.feature('update from')
  g.feature('update')
  const relations = other ? [target, other.made] : [target]
  const set = settings(g, table, { relations, text: '' })
  return `update ${text} set ${set}${other ? ` from ${other.text}` : ''}${where(g, relations, other?.on)}${alias === undefined ? writeReturning(g, relations) : ''}`
}

function writeDelete(g: Grammar, table: Table, alias: string | undefined): string {
  const { text, name } = named(g, table, alias)
  const target = relationOf(table, name)
  const other = g.draw.chance(35) ? beside(g, target) : undefined
  if (other) g.feature('delete using')
  g.feature('delete')
  const relations = other ? [target, other.made] : [target]
  return `delete from ${text}${other ? ` using ${other.text}` : ''}${where(g, relations, other?.on)}${alias === undefined ? writeReturning(g, relations) : ''}`
}

function where(g: Grammar, relations: readonly Relation[], on: string | undefined): string {
  if (on !== undefined) return ` where ${on}${g.draw.chance(70) ? ` and ${g.predicate({ relations }, 1)}` : ''}`
  return g.draw.chance(92) ? ` where ${g.predicate({ relations }, 2)}` : ''
}
