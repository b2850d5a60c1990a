import { type JsonValue, toValue, valueToJson } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const decidable = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((name) => !name.startsWith('__')),
      tie('json'),
      { maxKeys: 3 },
    ),
  ),
})).json

test(proves('policy:value:accepts'), () => {
  fc.assert(
    fc.property(decidable, (json) => {
      // Through JSON on both sides: fast-check's dictionaries have no prototype.
      expect(JSON.stringify(valueToJson(toValue(json)))).toBe(JSON.stringify(json))
    }),
  )
})

test.each<[string, string]>([
  ['null', 'null'],
  ['nested null', '{"a":[null]}'],
  ['fraction', '1.5'],
  ['beyond 2^53', '9007199254740993'],
  ['infinite', '1e999'],
  ['entity', '{"a":{"__entity":{"type":"User","id":"u"}}}'],
  ['extension', '[{"__extn":{"fn":"unknown","arg":"x"}}]'],
  ['prototype', '{"a":{"__proto__":{"admin":true}}}'],
  ['lone surrogate', '"\\ud800"'],
  ['lone surrogate in a name', '{"\\udc00":1}'],
])(proves('policy:value:unsafe', '%s'), (_name, text) => {
  expect(() => toValue(JSON.parse(text))).toThrow(
    expect.objectContaining({ code: 'invocation.arguments-unsafe', message: expect.not.stringContaining('admin') }),
  )
})

test(proves('policy:value:bounds'), () => {
  const nested = (depth: number): JsonValue => (depth === 1 ? 1 : [nested(depth - 1)])
  expect(toValue(nested(32))).toBeTruthy()
  expect(() => toValue(nested(33))).toThrow(/32 levels/)
  expect(() => toValue(nested(5000))).toThrow(/32 levels/)
  expect(toValue(Array(9_999).fill(1))).toBeTruthy()
  expect(() => toValue(Array(10_000).fill(1))).toThrow(/10000 values/)
})
