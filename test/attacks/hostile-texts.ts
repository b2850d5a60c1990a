import fc from 'fast-check'
import { readQueries } from '../fixtures/queries/read-queries.ts'
import { SQL_CASES } from './sql-cases.ts'

/** What the grammar is made of, so that a heap of it is sometimes nearly a statement. */
const TOKENS =
  `select from where group by order having limit offset union all intersect except distinct on join left full natural using lateral
  with recursive as materialized case when then else end in exists any all array row values table only not null is true between like
  ilike similar to escape cast collate over partition rows range preceding following current filter within fetch first for update of
  interval date timestamp extract year grouping sets rollup cube window tablesample explain insert into update set delete returning
  ( ) [ ] , ; . : :: = < > <= >= <> != + - * / % ^ || | & # ~ !~ -> ->> #> @> <@ ? ?| && @ $1 $2 $0 $99999999999 $1a orders customers
  pub app id note amount ssn t.* * 1 0 -1 1.5 1e999 0x1f 1_000 99999999999999999999 'x' 'it''s' '' E'\\\\' U&'\\\\0041' B'1' X'f' N'n' $$q$$ $a$ "id"
  "" "a""b" U&"\\\\0061" -- /* */ /* \\ \n \t count(*) max( json_agg( unnest( generate_series( to_jsonb( null::text ::int[] operator(+)`
    .split(/\s+/)
    .filter((token) => token !== '')

const SENTENCES = [
  ...['expense.sql', 'tenants.sql', 'trade.sql'].flatMap((file) => readQueries(file).map(({ sql }) => sql)),
  ...SQL_CASES.map(({ sql }) => sql),
]

const bytes = fc.uint8Array({ maxLength: 300 })

/** Texts that nobody should send: bytes, heaps of tokens, statements that are cut, spliced or have a character changed. */
export const HOSTILE_TEXTS: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  bytes.map((data) => Buffer.from(data).toString('latin1')),
  bytes.map((data) => `select '${Buffer.from(data).toString('utf8')}'`),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(' ')),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => `select ${tokens.join('')}`),
  fc
    .tuple(fc.constantFrom(...SENTENCES), fc.nat({ max: 1000 }))
    .map(([sql, cut]) => sql.slice(0, cut % (sql.length + 1))),
  fc.tuple(fc.constantFrom(...SENTENCES), fc.nat({ max: 1000 })).map(([sql, cut]) => sql.slice(cut % (sql.length + 1))),
  fc
    .tuple(fc.constantFrom(...SENTENCES), fc.constantFrom(...SENTENCES), fc.nat({ max: 1000 }), fc.nat({ max: 1000 }))
    .map(([a, b, x, y]) => a.slice(0, x % (a.length + 1)) + b.slice(y % (b.length + 1))),
  fc
    .tuple(
      fc.constantFrom(...SENTENCES),
      fc.nat({ max: 1000 }),
      fc.oneof(fc.constantFrom(...TOKENS), fc.string({ unit: 'binary', maxLength: 2 })),
    )
    .map(([sql, at, other]) => sql.slice(0, at % (sql.length + 1)) + other + sql.slice((at % (sql.length + 1)) + 1)),
  fc
    .tuple(
      fc.constantFrom(...SENTENCES),
      fc.nat({ max: 1000 }),
      fc.constantFrom('\u0000', '\ud800', '\udfff', '\u007f', '\u001b', '\ufeff', '\u202e'),
    )
    .map(([sql, at, other]) => sql.slice(0, at % (sql.length + 1)) + other + sql.slice(at % (sql.length + 1))),
)

const nest = (before: string, inner: string, after: string) => (depth: number) =>
  `${before.repeat(depth)}${inner}${after.repeat(depth)}`

/** Texts by how deep they are nested, for each way of nesting. */
export const NESTINGS: Readonly<Record<string, (depth: number) => string>> = {
  parentheses: (depth) => `select ${nest('(', '1', ')')(depth)}`,
  'parentheses around statements': (depth) => nest('(', 'select 1', ')')(depth),
  'parentheses that are not closed': (depth) => `select ${'('.repeat(depth)}1`,
  NOT: (depth) => `select ${'not '.repeat(depth)}true`,
  minus: (depth) => `select ${'- '.repeat(depth)}1`,
  casts: (depth) => `select 1${'::int'.repeat(depth)}`,
  'CAST calls': (depth) => `select ${nest('cast(', '1', ' as int)')(depth)}`,
  COLLATE: (depth) => `select 'a'${' collate "C"'.repeat(depth)}`,
  'the operator +': (depth) => `select 1${'+1'.repeat(depth)}`,
  'AND and OR': (depth) => `select ${nest('(true and (false or ', 'true', '))')(depth)}`,
  joins: (depth) =>
    `select 1 from pub p0 ${Array.from({ length: depth }, (_, n) => `join pub p${n + 1} on true`).join(' ')}`,
  'joins in parentheses': (depth) => `select 1 from ${nest('(', 'pub p', ' cross join pub)')(depth)}`,
  'sub-selects': (depth) => `select ${nest('(select ', '1', ')')(depth)}`,
  'sub-selects in FROM': (depth) => `select 1 from ${nest('(select * from ', 'pub', ') x')(depth)}`,
  'sub-selects in WHERE': (depth) => nest('select 1 from pub where exists (', 'select 1', ')')(depth),
  'WITH in WITH': (depth) => nest('with x as (', 'select 1', ') select * from x')(depth),
  'WITH after WITH': (depth) =>
    `with ${Array.from({ length: depth }, (_, n) => `x${n} as (select 1)`).join(', ')} select 1`,
  UNION: (depth) => Array(depth).fill('select 1').join(' union '),
  'UNION in parentheses': (depth) => nest('(select 1 union ', 'select 1', ')')(depth),
  'array constructors': (depth) => `select ${nest('array[', '1', ']')(depth)}`,
  subscripts: (depth) => `select (array[1])${'[1]'.repeat(depth)}`,
  CASE: (depth) => `select ${nest('case when true then ', '1', ' else 2 end')(depth)}`,
  'CASE in ELSE': (depth) => `select ${nest('case when true then 1 else ', '1', ' end')(depth)}`,
  'function calls': (depth) => `select ${nest('abs(', '1', ')')(depth)}`,
  rows: (depth) => `select ${nest('row(', '1', ')')(depth)}`,
  coalesce: (depth) => `select ${nest('coalesce(', '1', ',1)')(depth)}`,
  'window definitions': (depth) => `select ${nest('sum(', '1', ') over ()')(depth)}`,
  'JSON operators': (depth) => `select '{}'::jsonb${"->'a'".repeat(depth)}`,
  comments: (depth) => `select ${nest('/*', '', '*/')(depth)} 1`,
  'grouping sets': (depth) => `select 1 from pub group by ${nest('grouping sets (', 'id', ')')(depth)}`,
  'IN lists': (depth) =>
    `select 1 from pub where id in (${Array(depth + 1)
      .fill('1')
      .join(',')})`,
  columns: (depth) =>
    `select ${Array(depth + 1)
      .fill('id')
      .join(',')} from pub`,
  'names with dots': (depth) =>
    `select ${Array(depth + 1)
      .fill('pub')
      .join('.')} from pub`,
  LATERAL: (depth) => `select 1 from ${nest('lateral (select * from ', 'pub', ') x')(depth)}`,
}
