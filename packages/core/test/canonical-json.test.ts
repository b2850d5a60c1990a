import { createHash } from 'node:crypto'
import { canonicalJson, digest, JsonRejection, type JsonValue } from '@lockstep/core'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** Values whose integers are safe: the others have no canonical form here. */
const safeJson = fc
  .jsonValue({ maxDepth: 8 })
  .filter((value) => !/(?<![\d.e-])-?\d{16,}|e\+/.test(JSON.stringify(value)))
  .map((value): JsonValue => JSON.parse(JSON.stringify(value)))

describe('agreement', () => {
  test(proves('core:canonical:agrees', 'with `canonicalize`, on every value'), () => {
    fc.assert(
      fc.property(safeJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value))
      }),
      { numRuns: runs(500) },
    )
  })

  test(proves('core:canonical:agrees', 'with the example of RFC 8785 section 3.2.2'), () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  test(proves('core:canonical:agrees', 'on the order of names by UTF-16 code units'), () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '']
    const value = Object.fromEntries(names.map((name) => [name, 0]))
    expect(Object.keys(JSON.parse(canonicalJson(value))).filter((name) => name !== '1')).toEqual([
      '',
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\u{1f600}',
      '\ufb33',
    ])
    expect(canonicalJson(value)).toBe(canonicalize(value))
  })

  test(proves('core:canonical:agrees', 'of few and of many members, in whichever order they stand'), () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 70 }), { maxLength: 40 })
    fc.assert(
      fc.property(names, (list) => {
        const value = Object.fromEntries(list.map((name, at) => [name, at]))
        const text = canonicalize(value)
        expect(canonicalJson(value)).toBe(text)
        expect(canonicalJson(value), 'with names that were written before').toBe(text)
      }),
      { numRuns: runs(500) },
    )
  })

  test(proves('core:canonical:agrees', 'on every code unit that is a character'), () => {
    for (let code = 0; code <= 0xff_ff; code += 1) {
      const text = String.fromCharCode(code)
      if (text.isWellFormed() && canonicalJson(text) !== JSON.stringify(text)) expect(code).toBeUndefined()
    }
  })

  test(proves('core:canonical:agrees', 'minus zero is zero'), () => {
    expect(canonicalJson([-0])).toBe('[0]')
  })
})

describe('strictness', () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const unfit: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['infinity', JSON.parse('1e999')],
    ['an integer beyond 2^53', 9_007_199_254_740_992],
    ['a rounded integer', JSON.parse('9007199254740993')],
    ['a large integer', 1e300],
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', new Array(1)],
    ['a function', () => 1],
    ['toJSON', { toJSON: () => 1 }],
    ['a bigint', 1n],
    ['a symbol', Symbol('a')],
    ['a symbol member', { [Symbol('a')]: 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a boxed string', new String('a')],
    ['a class instance', new (class A {})()],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate as a name', { '\udfff': 1 }],
    ['a cycle', cyclic],
  ]
  test.each(unfit)(proves('core:canonical:strict', '%s'), (_, value) => {
    expect(() => canonicalJson([value as JsonValue])).toThrow(JsonRejection)
    expect(() => canonicalJson([value as JsonValue]), 'again').toThrow(JsonRejection)
  })

  test(proves('core:canonical:strict', 'depth'), () => {
    const nest = (depth: number): JsonValue => (depth === 0 ? 0 : [nest(depth - 1)])
    expect(canonicalJson(nest(64))).toContain('0')
    expect(() => canonicalJson(nest(65))).toThrow('too-deep')
    expect(() => canonicalJson(nest(5_000))).toThrow('too-deep')
  })

  test(proves('core:canonical:strict', 'an own __proto__ is a member like any other'), () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}')
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  })
})

describe('digest', () => {
  test(proves('core:canonical:order', 'SHA-256 of the canonical text'), () => {
    const expected = createHash('sha256').update('{"a":"é","b":[1]}').digest('base64url')
    expect(digest({ b: [1], a: 'é' })).toBe(expected)
  })

  test(proves('core:canonical:order', 'members in any order, items in theirs'), () => {
    const reverse = (value: JsonValue): JsonValue => {
      if (typeof value !== 'object' || value === null) return value
      if (Array.isArray(value)) return value.map(reverse)
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reverse(member)]),
      )
    }
    fc.assert(fc.property(safeJson, (value) => digest(reverse(value)) === digest(value)))
    expect(digest([1, 2])).not.toBe(digest([2, 1]))
    expect(digest({ a: 1 })).not.toBe(digest({ a: '1' }))
    expect(digest({})).not.toBe(digest([]))
  })
})
