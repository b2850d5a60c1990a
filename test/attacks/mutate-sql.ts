/** A change of a statement's text that must gain nothing. */
export interface SqlMutation {
  readonly name: string
  readonly apply: (sql: string) => string
  /** Whether an answer looks as that of the statement before, so that what tells a leak there tells it here. */
  readonly sameOutput: boolean
}

/** The pieces of a statement that PostgreSQL's lexer would not divide, nearly: a wrong cut only makes a text that is refused. */
const PIECES =
  /[eEnNbBxX]?'(?:[^']|'')*'|[uU]&["'](?:[^"'])*["']|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|\w+|\s+|./gsu
const NAMES = new Set([
  ...['app', 'orders', 'customers', 'order_items', 'pub', 'ev', 'plain', 'orders_old', 'v_orders', 'mv_orders'],
  ...[
    'id',
    'tenant_id',
    'customer_id',
    'amount',
    'note',
    'ssn',
    'qty',
    'dbl',
    'name',
    'email',
    'label',
    'sku',
    'o',
    'p',
  ],
])

const pieces = (sql: string): string[] => sql.match(PIECES) ?? []
const isWord = (piece: string): boolean => /^\w+$/.test(piece)
const mapWords = (sql: string, change: (word: string, index: number) => string): string =>
  pieces(sql)
    .map((piece, index) => (isWord(piece) ? change(piece, index) : piece))
    .join('')
const inGaps = (sql: string, filler: string): string =>
  pieces(sql)
    .map((piece) => (/^\s+$/.test(piece) ? filler : piece))
    .join(filler)
const asSpace = (sql: string, space: string): string =>
  pieces(sql)
    .map((piece) => (/^\s+$/.test(piece) ? space : piece))
    .join('')
const escaped = (name: string): string =>
  `U&"${name.replace(/^./, (first) => `\\00${first.charCodeAt(0).toString(16)}`)}"`
const without = (sql: string): string => sql.replace(/;\s*$/, '')

const same = (name: string, apply: SqlMutation['apply']): SqlMutation => ({ name, apply, sameOutput: true })
const other = (name: string, apply: SqlMutation['apply']): SqlMutation => ({ name, apply, sameOutput: false })
/** `S` in the text stands for the statement. */
const around = (text: string): SqlMutation => other(text, (sql) => text.replace('S', () => without(sql)))

const SPACES = {
  ...{ tab: '\t', 'line feed': '\n', 'carriage return': '\r', 'form feed': '\f', 'vertical tab': '\v' },
  ...{ 'no-break space': '\u00a0', 'em space': '\u2003', 'ideographic space': '\u3000', 'line separator': '\u2028' },
  ...{ 'zero width space': '\u200b', 'byte order mark': '\ufeff', 'next line': '\u0085', 'several kinds': ' \n\t \f' },
}

/** Every mutation that each case is put through. */
export const MUTATIONS: readonly SqlMutation[] = [
  same('upper case', (sql) => mapWords(sql, (word) => word.toUpperCase())),
  same('mixed case', (sql) => mapWords(sql, (word, at) => (at % 2 ? word.toUpperCase() : word.toLowerCase()))),
  same('Kelvin sign for k, long s for s', (sql) =>
    mapWords(sql, (word) => word.replace('k', '\u212a').replace('s', '\u017f')),
  ),
  same('quoted names', (sql) =>
    mapWords(sql, (word) => (NAMES.has(word.toLowerCase()) ? `"${word.toLowerCase()}"` : word)),
  ),
  same('quoted names in another case', (sql) =>
    mapWords(sql, (word) => (NAMES.has(word) ? `"${word.toUpperCase()}"` : word)),
  ),
  same('escaped names', (sql) => mapWords(sql, (word) => (NAMES.has(word) ? escaped(word) : word))),
  same('comments in every gap', (sql) => inGaps(sql, ' /* x */ ')),
  same('nested comments in every gap', (sql) => inGaps(sql, "/* /* -- */ ' */")),
  same('line comments in every gap', (sql) => inGaps(sql, " -- ' x\n")),
  same('executable comments in every gap', (sql) => inGaps(sql, ' /*! union select 1 */ ')),
  same('spaces in every gap', (sql) => inGaps(sql, '  ')),
  ...Object.entries(SPACES).map(([name, space]) => same(`${name} for a space`, (sql) => asSpace(sql, space))),
  same('in parentheses', (sql) => `((${without(sql)}))`),
  same('semicolons around', (sql) => `;;${sql};;`),
  same('a comment before', (sql) => `/* select 1; */ ${sql}`),
  same('a comment that does not end', (sql) => `${sql} /* `),
  same('a schema before every table', (sql) => sql.replace(/\b(from|join)\s+(?!app\b)(\w)/gi, '$1 app.$2')),
  same('no schema', (sql) => sql.replaceAll(/\bapp\s*\.\s*/g, '')),
  same('the database before the schema', (sql) => sql.replaceAll(/\bapp\./g, 'postgres.app.')),
  same('the inserted columns named', (sql) =>
    sql
      .replace(/insert into app\.pub (?!\()/i, 'insert into app.pub (id, label) ')
      .replace(/insert into app\.order_items (?!\()/i, 'insert into app.order_items (id, order_id, sku) '),
  ),
  other('other aliases', (sql) => sql.replaceAll(/\bapp\.(\w+)(?=\s|$)/g, 'app.$1 as "Mine ; --"')),
  other('an alias with columns', (sql) => sql.replaceAll(/\bapp\.(\w+)(?=\s|$)/g, 'app.$1 as z(ssn, note, id)')),
  other('ONLY', (sql) => sql.replaceAll(/\bfrom (?=app)/gi, 'from only ')),
  other('children', (sql) => sql.replaceAll(/\b(from|join) (app\.\w+)/gi, '$1 $2 *')),
  other('a hidden column for another', (sql) => mapWords(sql, (word) => (word === 'note' ? 'ssn' : word))),
  other('a hidden column of a name', (sql) => mapWords(sql, (word) => (word === 'note' ? 'dbl' : word))),
  other('a hidden table for another', (sql) => mapWords(sql, (word) => (word === 'orders' ? 'plain' : word))),
  other('the child table for its parent', (sql) => mapWords(sql, (word) => (word === 'orders' ? 'orders_old' : word))),
  other('a system column', (sql) => mapWords(sql, (word) => (word === 'note' ? 'tableoid' : word))),
  around('select * from (S) as zz'),
  around('select zz from (S) as zz'),
  around('select zz::text from (S) as zz'),
  around('with zz as (S) select * from zz'),
  around('with zz as materialized (S) table zz'),
  around('with recursive zz as (S) select * from zz'),
  around('with orders as (S) select * from orders, app.orders o2'),
  around('select (S)'),
  around('select array(S)'),
  around('select exists (S)'),
  around('select count(*) from (S) zz'),
  around('values ((S))'),
  around('select p.*, zz.* from app.pub p cross join lateral (S) zz'),
  around('select id from app.pub where exists (S)'),
  around('select id from app.pub where id in (S)'),
  around('select case when exists (S) then 1/(select count(*) from app.pub where false) else 0 end'),
  around('select label from app.pub order by (S)'),
  around('select id from app.pub limit (S)'),
  around('select json_agg(zz) from (S) zz'),
  around('select row_to_json(zz) from (S) zz'),
  around('(S) union all select null'),
  around('select null union all (S)'),
  around('(S) union all (S)'),
  around('(S) except select null'),
  around('(S) intersect (S)'),
  ...[
    'explain',
    'explain (analyze, verbose, buffers)',
    'prepare s1 as',
    'declare c cursor for',
    'create table app.t as',
  ].map((prefix) => around(`${prefix} S`)),
  ...['create view app.v as', 'insert into app.pub', 'refresh', 'table', 'only', 'execute', 'call'].map((prefix) =>
    around(`${prefix} S`),
  ),
  around('copy (S) to stdout'),
  around('do $x$ begin perform 1; S; end $x$'),
  around('select 1; S'),
  around('S; select 1'),
  around('begin; S; commit'),
  around('set role own; S'),
  around('set search_path = priv; S'),
  around('S returning *'),
  around('S returning 1/(id-2), id'),
  around('with zz as (S returning *) select * from zz'),
  around('with zz as (S returning 1) select count(*) from zz'),
  around('with zz as (S) insert into app.pub (id, label) values (70, 1) returning *'),
  around('with zz as (S) update app.orders set qty = qty'),
  around('with zz as (S) delete from app.order_items returning *'),
  around('S on conflict do nothing'),
  around('S on conflict (id) do update set id = excluded.id returning *'),
  around('insert into app.pub (id, label) S returning *'),
  around('insert into app.pub (label, id) S'),
  around('insert into app.pub (id) select id + 100 from app.pub where exists (S)'),
  around('insert into app.pub (id, label) values (71, (S)) returning *'),
  around('update app.pub set label = zz::text from (S) zz returning *'),
  around('update app.pub set label = (S)'),
  around('update app.orders set note = (S) returning note'),
  around('update app.orders o set qty = 1/(o.amount-777) where exists (S)'),
  around('delete from app.pub using (S) zz returning *'),
  around('delete from app.customers where exists (S)'),
  around('S for update'),
  around('S for share of orders skip locked'),
  around('S limit 100'),
  around('S offset 0'),
  around('S order by 1'),
  around('S fetch first 100 rows with ties'),
  around('S or true'),
  around('S union all select ssn from app.orders'),
  around('S where 1/(amount-777) < 0'),
  around('S and note::int > 0'),
]
