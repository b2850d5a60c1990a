import { type ArgumentBound, coversCall, coversTool, type JsonObject, type ToolCallDetails } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const detail = (change: Partial<ToolCallDetails> = {}): ToolCallDetails => ({
  type: 'mcp_tool_call',
  locations: ['https://mcp.example/mcp'],
  tool: 'pay',
  ...change,
})
const call = (given: JsonObject, tool = 'pay', argumentsDigest = 'own') => ({ tool, arguments: given, argumentsDigest })
const amount = (bound: ArgumentBound) => [detail({ arguments: { amount: bound } })]

test.each<[string, ArgumentBound, JsonObject, boolean]>([
  ['the value', { equals: 5 }, { amount: 5 }, true],
  ['another value', { equals: 5 }, { amount: 6 }, false],
  ['the value as text', { equals: 5 }, { amount: '5' }, false],
  ['members in another order', { equals: { a: 1, b: 2 } }, { amount: { b: 2, a: 1 } }, true],
  ['a member more', { equals: { a: 1 } }, { amount: { a: 1, b: 2 } }, false],
  ['an array in another order', { equals: [1, 2] }, { amount: [2, 1] }, false],
  ['null', { equals: null }, { amount: null }, true],
  ['null for nothing', { equals: null }, {}, false],
  ['what has no canonical form', { equals: 5 }, { amount: Number.NaN }, false],
  ['one of them', { oneOf: ['a', 7] }, { amount: 7 }, true],
  ['none of them', { oneOf: ['a', 7] }, { amount: '7' }, false],
  ['a list of them', { oneOf: ['a', 'b'] }, { amount: ['a'] }, false],
  ['at the bound', { atMost: 5000 }, { amount: 5000 }, true],
  ['above it', { atMost: 5000 }, { amount: 5000.000_001 }, false],
  ['below the other', { atLeast: 1 }, { amount: 0.999 }, false],
  ['within both', { atLeast: 1, atMost: 2 }, { amount: 1 }, true],
  ['outside of one of both', { atLeast: 1, atMost: 2 }, { amount: 3 }, false],
  ['a text below the bound', { atMost: 5000 }, { amount: '1' }, false],
  ['no number', { atMost: 5000 }, { amount: Number.NaN }, false],
  ['minus infinity', { atLeast: 0, atMost: 5000 }, { amount: Number.NEGATIVE_INFINITY }, false],
  ['a bound of nothing', {}, { amount: 1 }, false],
  ['the argument left out', { atMost: 5000 }, {}, false],
  ['an argument that is not named', { atMost: 5000 }, { amount: 1, note: 'x' }, true],
])(proves('core:details:covers', '%s'), (_, bound, given, covered) => {
  expect(coversCall(amount(bound), call(given))).toBe(covered)
})

test(proves('core:details:covers', 'tools, several details, and none'), () => {
  const details = [detail({ arguments: { amount: { atMost: 1 } } }), detail({ arguments: { to: { equals: 'bob' } } })]
  expect(coversCall(details, call({ amount: 100, to: 'bob' })), 'one of them is enough').toBe(true)
  expect(coversCall(details, call({ amount: 100, to: 'eve' }))).toBe(false)
  expect(coversCall([detail()], call({}, 'refund'))).toBe(false)
  expect(coversCall([], call({}))).toBe(false)
  expect(coversCall([detail({ argumentsDigest: 'own' })], call({}))).toBe(true)
  expect(coversCall([detail({ argumentsDigest: 'another' })], call({}))).toBe(false)
  expect(coversCall(undefined, call({}))).toBe(true)
  expect(coversTool([detail()], 'pay')).toBe(true)
  expect(coversTool([detail()], 'refund')).toBe(false)
  expect(coversTool([], 'pay')).toBe(false)
  expect(coversTool(undefined, 'pay')).toBe(true)
})

test(proves('core:details:covers', 'an argument that only a prototype has'), () => {
  const inherited = [detail({ arguments: { toString: { equals: 'x' } } })]
  expect(coversCall(inherited, call({}))).toBe(false)
})
