import { leakyExpression } from './expression.ts'
import { columnsOf, type Grammar, type Scope, type Type } from './grammar.ts'

/** Writes a condition over what is in scope. */
export function writePredicate(g: Grammar, scope: Scope, depth: number): string {
  const { draw } = g
  if (depth > 0 && draw.chance(30)) {
    const [a, b] = [g.predicate(scope, depth - 1), g.predicate(scope, depth - 1)]
    g.feature('and, or, not')
    return draw.pick(
      `(${a} and ${b})`,
      `(${a} or ${b})`,
      `not (${a})`,
      `(${a}) is not true`,
      `(${a} and ${b}) is unknown`,
    )
  }
  if (draw.chance(g.leakiness)) {
    const leaky = leakyCondition(g, scope)
    if (leaky !== undefined) return leaky
  }
  const [name, write] = draw.pick(...Object.entries(depth > 0 && draw.chance(45) ? QUERIES : SIMPLE))
  g.feature(name)
  return write((type) => g.expression(scope, type, Math.max(0, depth - 1)), g, scope, Math.max(0, depth - 1))
}

function leakyCondition(g: Grammar, scope: Scope): string | undefined {
  const type = g.draw.pick<Type>('int', 'number', 'date', 'text')
  const left = leakyExpression(g, scope, type)
  if (left === undefined) return undefined
  g.feature('leaky condition')
  return `${left} ${g.draw.pick('>', '<=', '<>', '=')} ${g.expression(scope, type, 0)}`
}

type Write = (e: (type: Type) => string, g: Grammar, scope: Scope, depth: number) => string

const comparable = (g: Grammar): Type => g.draw.pick<Type>('int', 'number', 'text', 'date', 'int', 'text')
const compare = (g: Grammar): string => g.draw.pick('=', '<>', '<', '<=', '>', '>=', '!=')
const maybeNot = (g: Grammar): string => g.draw.pick('', '', 'not ')

const SIMPLE: Readonly<Record<string, Write>> = {
  comparison(e, g) {
    const type = comparable(g)
    return `${e(type)} ${compare(g)} ${e(type)}`
  },
  'comparison with a parameter': (e, g) => `${e('int')} ${compare(g)} ${g.parameter(String(g.draw.below(9)))}`,
  null: (e, g) => `${e(g.draw.pick('int', 'text', 'json', 'date'))} is ${maybeNot(g)}null`,
  between(e, g) {
    const type = comparable(g)
    return `${e(type)} ${maybeNot(g)}between ${g.draw.pick('', 'symmetric ')}${e(type)} and ${e(type)}`
  },
  'in list'(e, g) {
    const type = comparable(g)
    return `${e(type)} ${maybeNot(g)}in (${e(type)}, ${e(type)})`
  },
  like: (e, g) =>
    `${e('text')} ${maybeNot(g)}${g.draw.pick('like', 'ilike')} ${g.draw.pick("'%m%'", "'_o%'", "'NOTE%'")}`,
  'similar to': (e) => `${e('text')} similar to '%(note|mine)%'`,
  'regular expression match': (e, g) => `${e('text')} ${g.draw.pick('~', '!~', '~*')} '^[nm]'`,
  'distinct from'(e, g) {
    const type = comparable(g)
    return `${e(type)} is ${maybeNot(g)}distinct from ${e(type)}`
  },
  'boolean test': (e, g) => `${e('bool')} is ${maybeNot(g)}${g.draw.pick('true', 'false', 'unknown')}`,
  'row comparison': (e, g) =>
    `(${e('int')}, ${e('text')}) ${g.draw.pick('=', '<', '>=', '<>')} (${e('int')}, ${e('text')})`,
  'any array': (e, g) => `${e('text')} ${g.draw.pick('= any', '<> all')} (${e('texts')})`,
  'any parameter': (e, g) => `${e('int')} = any (${g.parameter('{1,2,3}')}::int[])`,
  'array containment': (e, g) => `${e('texts')} ${g.draw.pick('@>', '<@', '&&', '=')} ${e('texts')}`,
  'json containment': (e) => `${e('json')} @> '{"n": 1}'`,
  'json key': (e) => `${e('json')} ? 'k'`,
  'json comparison': (e) => `${e('json')} ->> 'n' = '2'`,
  'range containment': (e) => `int4range(1, 5) @> ${e('int')}`,
  'range overlap': (e) => `daterange('2026-01-01', '2026-02-01') @> ${e('date')}`,
  'text search': (e) => `to_tsvector('english', ${e('text')}) @@ plainto_tsquery('english', 'note')`,
  overlaps: (e) => `(${e('date')}, interval '3 days') overlaps (date '2026-01-04', date '2026-01-20')`,
  starts_with: (e) => `starts_with(${e('text')}, 'n')`,
  'cast that may fail': (e) => `${e('text')}::int > 1`,
}

const QUERIES: Readonly<Record<string, Write>> = {
  'in query'(e, g, scope, depth) {
    const type = comparable(g)
    return `${e(type)} ${maybeNot(g)}in (${g.single(scope, type, depth)})`
  },
  'row in query': (e, g, scope, depth) => `(${e('int')}, ${e('text')}) ${maybeNot(g)}in (${g.block(scope, depth)})`,
  exists: (_e, g, scope, depth) => `${maybeNot(g)}exists (${g.single(scope, 'int', depth)})`,
  'any query'(e, g, scope, depth) {
    const type = comparable(g)
    return `${e(type)} ${g.draw.pick('= any', '<> all', '> any', '<= all', '= some')} (${g.single(scope, type, depth)})`
  },
  'correlated exists'(_e, g, scope, depth) {
    const { text, relations } = g.from(scope, 0)
    const inner = { relations, outer: scope }
    const mine = columnsOf({ relations }, 'int')
    const outer = columnsOf(scope, 'int')
    if (mine.length === 0 || outer.length === 0) return 'true'
    const link = `${g.draw.pick(...mine)} = ${g.draw.pick(...outer)}`
    return `${maybeNot(g)}exists (select from ${text} where ${link} and ${g.predicate(inner, depth)})`
  },
  'comparison with a sub-query': (e, g, scope, depth) =>
    `${e('int')} ${compare(g)} (select count(*) from (${g.single(scope, 'int', depth)}) q)`,
}
