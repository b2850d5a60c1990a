import { columnsOf, type Grammar, type Scope, type Type } from './grammar.ts'

const LITERALS: Readonly<Record<Type, readonly string[]>> = {
  int: ['0', '1', '2', '3', '7', '777'],
  number: ['0.5', '1', '20', '777'],
  text: ["'mine'", "'it''s'", "'note 1'", "''", "'7'"],
  bool: ['true', 'false', 'null::bool'],
  date: ["date '2026-01-05'", "'2026-02-10'::date"],
  json: [`'{"n": 1, "k": "x"}'::jsonb`, `'[1, 2]'::jsonb`],
  texts: ["array['a', 'b']", "'{x}'::text[]"],
}
const SQL_TYPES: Readonly<Record<Type, string>> = {
  ...{ int: 'int', number: 'numeric', text: 'text', bool: 'boolean', date: 'date', json: 'jsonb', texts: 'text[]' },
}

/** Writes an expression of a type over what is in scope. */
export function writeExpression(g: Grammar, scope: Scope, type: Type, depth: number): string {
  const { draw, feature } = g
  if (depth > 0 && draw.chance(45)) return compound(g, scope, type, depth - 1)
  if (draw.chance(g.leakiness)) {
    const leaky = leakyExpression(g, scope, type)
    if (leaky !== undefined) return leaky
  }
  const columns = columnsOf(scope, type)
  if (columns.length > 0 && draw.chance(88)) return draw.pick(...columns)
  const literal = draw.pick(...LITERALS[type])
  if (draw.chance(25) && ['int', 'text', 'number'].includes(type)) {
    feature('parameter')
    return `${g.parameter(literal.replace(/^'|'$/g, '').replaceAll("''", "'"))}::${SQL_TYPES[type]}`
  }
  return `${literal}::${SQL_TYPES[type]}`
}

/** An expression that some value of a column makes fail; no visible row has such a value. */
export function leakyExpression(g: Grammar, scope: Scope, type: Type): string | undefined {
  const places = [scope.relations, scope.outer?.relations ?? []].flat().flatMap(({ alias, columns }) =>
    columns.flatMap(({ name }) => {
      const forms = g.schema.leaky[name] ?? []
      return forms
        .filter((form) => form.type === type)
        .map(({ text }) => text.replaceAll('$', () => `${alias}.${name}`))
    }),
  )
  if (places.length === 0) return undefined
  g.feature('leaky expression')
  return g.draw.pick(...places)
}

function compound(g: Grammar, scope: Scope, type: Type, depth: number): string {
  const e = (other: Type) => g.expression(scope, other, depth)
  const { draw } = g
  const kind = draw.pick('own', 'own', 'own', 'coalesce', 'case', 'scalar sub-query', 'nullif', 'greatest')
  if (kind !== 'own') g.feature(kind)
  if (kind === 'coalesce') return `coalesce(${e(type)}, ${e(type)})`
  if (kind === 'nullif' && type !== 'json') return `nullif(${e(type)}, ${e(type)})`
  if (kind === 'greatest' && type !== 'json' && type !== 'bool')
    return `${draw.pick('greatest', 'least')}(${e(type)}, ${e(type)})`
  if (kind === 'case') {
    if (draw.chance(40)) return `case ${e('int')} when ${e('int')} then ${e(type)} when 2 then ${e(type)} end`
    return `case when ${g.predicate(scope, depth)} then ${e(type)} else ${e(type)} end`
  }
  if (kind === 'scalar sub-query') {
    if (type === 'json' || type === 'bool' || type === 'texts') return `(${oneRow(g, scope, type, depth)})`
    return `(select ${draw.pick('min', 'max')}(x) from (${g.single(scope, type, depth)}) q(x))`
  }
  const [name, write] = draw.pick(...Object.entries(OWN[type]))
  g.feature(name)
  return write(e, g, scope, depth)
}

function oneRow(g: Grammar, scope: Scope, type: Type, depth: number): string {
  return `select x from (${g.single(scope, type, depth)}) q(x) order by x limit 1`
}

type Write = (e: (type: Type) => string, g: Grammar, scope: Scope, depth: number) => string

/** The ways of making a value of a type, by the feature of the grammar that they use. */
const OWN: Readonly<Record<Type, Readonly<Record<string, Write>>>> = {
  int: {
    arithmetic: (e, { draw }) => `(${e('int')} ${draw.pick('+', '-', '*')} ${e('int')})`,
    modulo: (e) => `mod(${e('int')}, 5) + ${e('int')} % 3`,
    'division that may fail': (e) => `(60 / ${e('int')})`,
    'text functions': (e, { draw }) => `${draw.pick('length', 'octet_length', 'ascii')}(${e('text')})`,
    position: (e) => `position('o' in ${e('text')})`,
    extract: (e, { draw }) => `extract(${draw.pick('year', 'month', 'dow')} from ${e('date')})::int`,
    'array functions': (e, { draw }) =>
      draw.pick(`coalesce(array_length(${e('texts')}, 1), 0)`, `cardinality(${e('texts')})`),
    subscript: (e) => `(array[${e('int')}, ${e('int')}])[2]`,
    'date arithmetic': (e) => `(${e('date')} - ${e('date')})`,
    cast: (e) => `round(${e('number')})::int`,
    'boolean cast': (e) => `(${e('bool')})::int`,
    'json number': (e) =>
      `jsonb_array_length(case jsonb_typeof(${e('json')}) when 'array' then '[1]'::jsonb else '[]' end)`,
    'count in a sub-query': (_e, g, scope, depth) => `(select count(*)::int from (${g.single(scope, 'int', depth)}) q)`,
  },
  number: {
    arithmetic: (e, { draw }) => `(${e('number')} ${draw.pick('+', '-', '*')} ${e('int')})`,
    division: (e) => `(${e('number')} / 4)`,
    'division that may fail': (e) => `(1 / ${e('number')})`,
    'number functions': (e, { draw }) =>
      `${draw.pick('abs', 'round', 'trunc', 'ceil', 'floor', 'sign')}(${e('number')})`,
    'sum in a sub-query': (_e, g, scope, depth) => `(select sum(x) from (${g.single(scope, 'number', depth)}) q(x))`,
    cast: (e) => `cast(${e('int')} as numeric(10, 2))`,
  },
  text: {
    concatenation: (e) => `(${e('text')} || ${e('text')})`,
    concat: (e) => `concat(${e('text')}, '-', ${e('int')})`,
    'text functions': (e, { draw }) =>
      `${draw.pick('upper', 'lower', 'btrim', 'reverse', 'initcap', 'md5')}(${e('text')})`,
    'left and right': (e, { draw }) => `${draw.pick('left', 'right')}(${e('text')}, 4)`,
    substring: (e, { draw }) =>
      draw.pick(
        `substring(${e('text')} from 2 for 3)`,
        `substr(${e('text')}, 2)`,
        `substring(${e('text')} from '[0-9]')`,
      ),
    replace: (e) => `replace(${e('text')}, 'o', '0')`,
    'regular expressions': (e) => `regexp_replace(${e('text')}, '[aeiou]', '_', 'g')`,
    split_part: (e) => `split_part(${e('text')}, ' ', 1)`,
    padding: (e) => `lpad(${e('text')}, 6, '*')`,
    to_char: (e) => `to_char(${e('date')}, 'YYYY-MM')`,
    'cast to text': (e, { draw }) => `${e(draw.pick('int', 'number', 'date', 'bool'))}::text`,
    'json text': (e, { draw }) =>
      draw.pick(`(${e('json')} ->> 'k')`, `(${e('json')} #>> '{n}')`, `jsonb_typeof(${e('json')})`),
    subscript: (e) => `(${e('texts')})[1]`,
    array_to_string: (e) => `array_to_string(${e('texts')}, '+')`,
    trim: (e) => `trim(both 'n' from ${e('text')})`,
    collate: (e) => `(${e('text')} collate "C")`,
  },
  bool: { 'boolean expression': (_e, g, scope, depth) => `(${g.predicate(scope, depth)})` },
  date: {
    'date arithmetic': (e) => `(${e('date')} + ${e('int')} % 100)`,
    interval: (e) => `(${e('date')} + interval '1 month')::date`,
    date_trunc: (e) => `date_trunc('month', ${e('date')})::date`,
    make_date: (e) => `make_date(2026, 1 + abs(${e('int')}) % 12, 5)`,
  },
  json: {
    'json operators': (e, { draw }) => draw.pick(`(${e('json')} -> 'n')`, `(${e('json')} #> '{k}')`),
    'json construction': (e) => `jsonb_build_object('i', ${e('int')}, 't', ${e('text')})`,
    'json array': (e) => `jsonb_build_array(${e('number')}, ${e('bool')})`,
    to_jsonb: (e) => `to_jsonb(${e('text')})`,
  },
  texts: {
    'array constructor': (e) => `array[${e('text')}, ${e('text')}]`,
    string_to_array: (e) => `string_to_array(${e('text')}, ' ')`,
    'array operators': (e) => `(${e('texts')} || ${e('text')})`,
    slice: (e) => `(${e('texts')})[1:2]`,
    'array sub-query': (_e, g, scope, depth) =>
      `array(select x from (${g.single(scope, 'text', depth)}) q(x) order by x)`,
  },
}
