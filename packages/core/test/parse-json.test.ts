import { hasReservedMember, JsonRejection, type JsonRejectionReason, parseJson } from '@lockstep/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { scanJson } from '../src/json/scan-json.ts'

const LIMITS = { maxBytes: 100_000, maxDepth: 64 }
const bytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string, limits = LIMITS) => parseJson(bytes(text), limits)

function reasonOf(run: () => unknown): JsonRejectionReason | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof JsonRejection) return error.reason
    throw error
  }
}

/** Whether a value, as JSON.parse reads it, has a lone surrogate somewhere. */
const illFormed = (value: unknown) =>
  /\p{Surrogate}/u.test(JSON.stringify(value)) || /\\ud[89a-f]/.test(JSON.stringify(value))

describe('agreement with JSON.parse', () => {
  test(proves('core:json:agrees', 'every JSON value'), () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 10 }), (text) => {
        expect(parse(text)).toStrictEqual(JSON.parse(text))
      }),
      { numRuns: runs(500) },
    )
  })

  test(proves('core:json:agrees', 'texts that are almost JSON'), () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"b"',
      '\\',
      '\\u0061',
      '1',
      '-0',
      '1e9',
      'null',
      ' ',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('')
        let parsed: unknown
        let valid = true
        try {
          parsed = JSON.parse(text)
        } catch {
          valid = false
        }
        const reason = reasonOf(() => expect(parse(text)).toStrictEqual(parsed))
        if (!valid) expect(reason).toBeDefined()
        // Nothing but a duplicate keeps one of these texts out.
        else if (reason !== undefined) expect(reason).toBe('duplicate-member')
      }),
      { numRuns: runs(5_000) },
    )
  })

  test(proves('core:json:agrees', 'any string'), () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = JSON.stringify({ [value]: value })
        if (illFormed({ [value]: 0 })) expect(reasonOf(() => parse(text))).toBe('malformed')
        else expect(parse(text)).toStrictEqual(JSON.parse(text))
      }),
    )
  })
})

/** The thorough way alone: every name is looked at. */
function parseThoroughly(text: string, maxDepth: number, maxMembers: number): unknown {
  const reason = scanJson(text, maxDepth, maxMembers)
  if (reason) throw new JsonRejection(reason)
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonRejection('malformed')
  }
}

test(proves('core:json:two-ways'), () => {
  const names = ['"a"', '"b"', '":"', '"{"', '"a:,"', '"__proto__"', '"1"', '"\\u0061"', '"\\ud800"', '"\ufffd"']
  const name = fc.constantFrom(...names)
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('1', 'null', '1e999', '-0', '01', '', ':', '"', ...names),
      fc.array(tie('text'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(name, fc.constantFrom(':', ' : ', ''), tie('text')), { maxLength: 4 })
        .map((members) => `{${members.map((parts) => parts.join('')).join(', ')}}`),
    ),
  }))
  const seen = { read: 0, twice: 0 }
  fc.assert(
    fc.property(text, fc.nat(4), fc.nat(8), (given, maxDepth, maxMembers) => {
      const limits = { maxBytes: 100_000, maxDepth, maxMembers }
      const told = (read: () => unknown) => {
        let value: unknown
        const reason = reasonOf(() => {
          value = read()
        })
        return { value, reason }
      }
      const answer = told(() => parse(given, limits))
      expect(answer).toStrictEqual(told(() => parseThoroughly(given, maxDepth, maxMembers)))
      if (answer.reason === undefined) seen.read += 1
      if (answer.reason === 'duplicate-member') seen.twice += 1
    }),
    { numRuns: runs(5_000) },
  )
  expect(seen.read).toBeGreaterThan(100)
  expect(seen.twice).toBeGreaterThan(20)
})

test.each([
  ['nothing', ''],
  ['two texts', '{}{}'],
  ['a comma too many', '[1,]'],
  ['single quotes', "{'a':1}"],
  ['an open string', '{"a":"b'],
  ['an open escape', '"\\'],
  ['a control character', '"\n"'],
  ['NaN', 'NaN'],
  ['a comment', '{}//'],
  ['a lone surrogate', '"\\ud800"'],
  ['a lone surrogate in a name', '{"\\udc00":1}'],
  ['surrogates in the wrong order', '"\\udc00\\ud800"'],
  ['a byte order mark', '\ufeff{}'],
])(proves('core:json:malformed', '%s'), (_, text) => {
  expect(reasonOf(() => parse(text))).toBe('malformed')
})

test.each([
  ['a truncated sequence', [0x22, 0xc3, 0x22]],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
  ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['UTF-16', [0x7b, 0x00, 0x7d, 0x00]],
])(proves('core:json:malformed', '%s'), (_, raw) => {
  expect(reasonOf(() => parseJson(Uint8Array.from(raw), LIMITS))).toBe('malformed')
})

test.each([
  ['at the top', '{"a":1,"a":1}'],
  ['nested', '[{"x":{"a":1,"b":2,"a":3}}]'],
  ['escaped', '{"a":1,"\\u0061":2}'],
  ['after a nested object', '{"a":{"b":1},"c":[{"d":1}],"a":2}'],
  ['__proto__', '{"__proto__":1,"__proto__":2}'],
  ['the empty name', '{"":1,"":2}'],
])(proves('core:json:duplicate-member', '%s'), (_, text) => {
  expect(reasonOf(() => parse(text))).toBe('duplicate-member')
})

test(proves('core:json:duplicate-member', 'the same name in other objects, and as a value'), () => {
  const text = '{"a":{"a":[{"a":1},{"a":"a"}]},"b":"a"}'
  expect(parse(text)).toStrictEqual(JSON.parse(text))
})

describe('bounds', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

  test(proves('core:json:bounds', 'bytes'), () => {
    expect(reasonOf(() => parse('"é"', { maxBytes: 4, maxDepth: 1 }))).toBeUndefined()
    expect(reasonOf(() => parse('"é"', { maxBytes: 3, maxDepth: 1 }))).toBe('too-large')
  })

  test(proves('core:json:bounds', 'depth'), () => {
    expect(reasonOf(() => parse(nested(64)))).toBeUndefined()
    expect(reasonOf(() => parse(nested(65)))).toBe('too-deep')
    expect(reasonOf(() => parse('{"a":'.repeat(65)))).toBe('too-deep')
    expect(reasonOf(() => parse('['.repeat(100_000)))).toBe('too-deep')
    expect(reasonOf(() => parse(`"${'['.repeat(1_000)}"`))).toBeUndefined()
  })

  test(proves('core:json:bounds', 'members'), () => {
    const limits = { ...LIMITS, maxMembers: 3 }
    expect(reasonOf(() => parse('[1,2,3]', limits))).toBeUndefined()
    expect(reasonOf(() => parse('[1,2,3,4]', limits))).toBe('too-large')
    expect(reasonOf(() => parse('[[],[],{}]', limits))).toBe('too-large')
  })
})

test(proves('core:json:reserved'), () => {
  const value = parse('{"a":[{"__proto__":{"admin":true}}]}')
  expect(Object.hasOwn({}, 'admin') || 'admin' in {}).toBe(false)
  expect(value).toStrictEqual(JSON.parse('{"a":[{"__proto__":{"admin":true}}]}'))
  expect(hasReservedMember(value)).toBe(true)
  for (const name of ['constructor', 'prototype', 'toJSON', '__entity', '__extn', '__expr'])
    expect(hasReservedMember({ a: { [name]: 1 } })).toBe(true)
  expect(hasReservedMember(parse('{"a":["__proto__","constructor"],"proto":1}'))).toBe(false)
})

test(proves('core:json:silent'), () => {
  for (const text of ['{"secret":1,"secret":2}', '"secret', '"\\ud800 secret"']) {
    try {
      parse(text)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof JsonRejection)) throw error
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('"secret')
      expect(error.cause).toBeUndefined()
    }
  }
})
