import {
  type EntityFact,
  type Expr,
  type ExtensionType,
  evaluate,
  isExtensionLiteral,
  type Value,
} from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { branch } from './random-expr.ts'

const literal = (value: Value): Expr => ({ op: 'value', value })
const resource: Expr = { op: 'unknown', name: 'resource' }
const get = (attribute: string): Expr => ({ op: 'get', of: resource, attribute })
const row: Value = { record: { amount: 5, text: 'a', big: Number.MAX_SAFE_INTEGER, half: 1.5 } }
const group = (id: string): Value => ({ entity: { type: 'Group', id } })
const extension = (type: ExtensionType, text: string): Value => ({ extension: { type, text } })

test.each<[string, Expr]>([
  ['missing attribute', get('absent')],
  ['inherited attribute', get('toString')],
  ['attribute of a number', { op: 'get', of: literal(1), attribute: 'a' }],
  ['attribute of an entity without facts', { op: 'get', of: literal(group('a')), attribute: 'a' }],
  ['unknown without a value', { op: 'unknown', name: 'context.field' }],
  ['inherited unknown', { op: 'unknown', name: 'constructor' }],
  ['kinds that differ', { op: 'equal', left: get('amount'), right: literal('5') }],
  ['record and entity', { op: 'equal', left: resource, right: literal(group('a')) }],
  ['order of texts', { op: 'less', left: get('text'), right: literal('b') }],
  ['overflow', { op: 'add', left: get('big'), right: literal(1) }],
  ['overflow of a negation', { op: 'multiply', left: get('big'), right: literal(-2) }],
  ['fraction', { op: 'less', left: get('half'), right: literal(2) }],
  ['no boolean in a condition', { op: 'and', left: get('amount'), right: literal(true) }],
  ['no boolean on the right', { op: 'or', left: literal(false), right: get('amount') }],
  ['negated text', { op: 'negate', of: get('text') }],
  ['pattern on a number', { op: 'like', of: get('amount'), pattern: [null] }],
  ['type of a record', { op: 'is', of: resource, type: 'Doc' }],
  ['membership in a number', { op: 'in', left: literal(group('a')), right: literal(1) }],
  ['contains on no set', { op: 'contains', left: get('text'), right: literal('a') }],
])(proves('policy:evaluate:refuses', '%s'), (_name, expr) => {
  expect(() => evaluate(expr, { resource: row })).toThrow(
    expect.objectContaining({ code: 'policy.evaluation-failed', message: expect.not.stringContaining('9007') }),
  )
})

test('what is not needed is not evaluated', () => {
  const boom = get('absent')
  const yes = literal(true)
  expect(evaluate({ op: 'or', left: yes, right: boom })).toBe(true)
  expect(evaluate({ op: 'and', left: literal(false), right: boom })).toBe(false)
  expect(evaluate(branch(yes, yes, boom))).toBe(true)
})

test(proves('policy:evaluate:hierarchy'), () => {
  const fact = (id: string, ...parents: string[]): EntityFact => ({
    type: 'Group',
    id,
    attributes: {},
    parents: parents.map((parent) => ({ type: 'Group', id: parent })),
  })
  const inside = (outer: Value): Expr => ({ op: 'in', left: literal(group('a')), right: literal(outer) })
  // c and d contain each other: a mistake in the facts, and no endless loop.
  const facts = [fact('a', 'b'), fact('b', 'c'), fact('c', 'd'), fact('d', 'c')]
  const answer = (outer: Value) => evaluate(inside(outer), {}, { facts })
  expect(['a', 'b', 'd', 'x'].map((id) => answer(group(id)))).toEqual([true, true, true, false])
  expect(answer({ set: [group('x'), group('d')] })).toBe(true)
  expect(answer({ entity: { type: 'Other', id: 'a' } })).toBe(false)
  expect(evaluate(inside(group('a')))).toBe(true)
  expect(() => evaluate(inside(group('b')))).toThrow(/hierarchy/)
  expect(() => evaluate({ op: 'not', of: inside({ set: [group('b')] }) })).toThrow(/hierarchy/)
})

test(proves('policy:evaluate:sets'), () => {
  const set = (from: number, to: number, of: (index: number) => Value): Expr =>
    literal({ set: Array.from({ length: to - from }, (_, index) => of(from + index)) })
  const holds = (op: 'containsAll' | 'containsAny' | 'equal', left: Expr, right: Expr) => evaluate({ op, left, right })
  const forms: readonly ((index: number) => Value)[] = [
    (index) => index,
    (index) => `t${index}`,
    (index) => group(`g${index}`),
    (index) => ({ record: { a: index } }),
    (index) => ({ set: [index, index] }),
    (index) => ({ extension: { type: 'duration', text: `${index}s` } }),
  ]
  for (const of of forms) {
    // Small enough to compare each with each, and large enough for an index.
    for (const size of [4, 64]) {
      const whole = set(0, size, of)
      expect(holds('containsAll', whole, set(1, size, of))).toBe(true)
      expect(holds('containsAll', whole, set(1, size + 1, of))).toBe(false)
      expect(holds('containsAny', whole, set(size - 1, size + 9, of))).toBe(true)
      expect(holds('containsAny', whole, set(size, size + 9, of))).toBe(false)
      expect(holds('equal', whole, set(0, size, of))).toBe(true)
      expect(holds('equal', whole, set(0, size - 1, of))).toBe(false)
    }
  }
  // Values of other kinds are other values, whatever their texts are; `1s` is `1000ms`.
  const texts = literal({ set: Array.from({ length: 64 }, (_, index) => `${index}`) })
  expect(
    holds(
      'containsAny',
      texts,
      set(0, 64, (index) => index),
    ),
  ).toBe(false)
  const seconds = set(0, 64, (index) => ({ extension: { type: 'duration', text: `${index}s` } }))
  const milliseconds = set(0, 64, (index) => ({ extension: { type: 'duration', text: `${index}000ms` } }))
  expect(holds('equal', seconds, milliseconds)).toBe(true)
  // Each with each would be ten thousand million comparisons.
  for (const of of [
    ...forms,
    (index: number): Value => ({ extension: { type: 'ipaddr', text: `::${index % 9999}` } }),
  ]) {
    const many = set(0, 100_000, of)
    expect(holds('containsAll', many, many)).toBe(true)
  }
  // A few in a few, five levels deep: each with each on every level would be a hundred thousand million.
  const nested = (depth: number, order: 1 | -1): Value => ({
    set: Array.from({ length: 9 }, (_, index) =>
      depth === 0 ? index * order + (order < 0 ? 8 : 0) : { set: [nested(depth - 1, order), `t${index}`] },
    ).toSorted(() => order),
  })
  expect(holds('equal', literal(nested(4, 1)), literal(nested(4, -1)))).toBe(true)
})

test.each<[string, Value, Value, boolean]>([
  ['order', { set: [1, 2] }, { set: [2, 1] }, true],
  ['repetition', { set: [1, 1, 2] }, { set: [1, 2] }, true],
  ['order of members', { record: { a: 1, b: 2 } }, { record: { b: 2, a: 1 } }, true],
  ['member names', { record: { a: 1 } }, { record: { b: 1 } }, false],
  ['a member more', { record: { a: 1 } }, { record: { a: 1, b: 1 } }, false],
  ['number and text', { set: [1] }, { set: ['1'] }, false],
  ['texts that look like two', { set: ['a","b'] }, { set: ['a', 'b'] }, false],
  ['set and record', { set: [] }, { record: {} }, false],
  ['one more level', { set: [{ set: [1] }] }, { set: [1] }, false],
  ['entity and record', group('a'), { record: { type: 'Group', id: 'a' } }, false],
  ['types of entities', group('a'), { entity: { type: 'Other', id: 'a' } }, false],
  ['decimals', extension('decimal', '1.0'), extension('decimal', '1.0000'), true],
  ['types of extensions', extension('decimal', '1.0'), extension('duration', '10s'), false],
  ['addresses', extension('ipaddr', '::1'), extension('ipaddr', '0:0::1/128'), true],
  ['prefixes', extension('ipaddr', '10.0.0.1/24'), extension('ipaddr', '10.0.0.1/25'), false],
  ['versions', extension('ipaddr', '0.0.0.1'), extension('ipaddr', '::1'), false],
  ['no literals', extension('decimal', 'a'), extension('decimal', 'b'), false],
])(proves('policy:evaluate:nested'), (_name, one, other, same) => {
  // Alone, and among so many that they are looked up.
  for (const size of [0, 300]) {
    const among = (value: Value) =>
      literal({ set: [...Array.from({ length: size }, (_, index) => `t${index}`), value] })
    for (const [left, right] of [
      [one, other],
      [other, one],
    ] as const) {
      expect(evaluate({ op: 'containsAll', left: among(left), right: among(right) })).toBe(same)
    }
  }
})

test(proves('policy:evaluate:literal-bound'), () => {
  for (const [type, text] of [
    ['decimal', (zeros: string) => `${zeros}1.0`],
    ['duration', (zeros: string) => `${zeros}1s`],
  ] as const) {
    expect(isExtensionLiteral(type, text('0'.repeat(100)))).toBe(true)
    expect(isExtensionLiteral(type, text('0'.repeat(128)))).toBe(false)
  }
})
