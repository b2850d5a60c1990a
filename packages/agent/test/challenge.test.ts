import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { readChallenges } from '../src/challenge.ts'

const read = (value: string) =>
  readChallenges(new Headers({ 'www-authenticate': value })).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ])

test.each([
  ['DPoP', [['dpop', {}]]],
  [
    'Bearer realm="a, b", DPoP error="use_dpop_nonce" , algs="ES256 EdDSA"',
    [
      ['bearer', { realm: 'a, b' }],
      ['dpop', { error: 'use_dpop_nonce', algs: 'ES256 EdDSA' }],
    ],
  ],
  ['DPoP ERROR = invalid_token,,max_age=60', [['dpop', { error: 'invalid_token', max_age: '60' }]]],
  [
    'Negotiate, DPoP error="a\\"b\\\\"',
    [
      ['negotiate', {}],
      ['dpop', { error: 'a"b\\' }],
    ],
  ],
  ['DPoP error="a", error="b", x=1', [['dpop', { x: '1' }]]],
  ['DPoP error="a", ERROR=b, error=c', [['dpop', {}]]],
  ['DPoP error="open', [['dpop', {}]]],
  ['"error"', []],
  ['', []],
])(proves('agent:challenge:read', '%s'), (header, challenges) => {
  expect(read(header)).toEqual(challenges)
})

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,11}$/)
const parameters = fc.dictionary(
  token.map((name) => name.toLowerCase()),
  fc.string({ unit: fc.constantFrom(...'ab ,="\\;:/.-~é'), maxLength: 12 }),
  { maxKeys: 4, noNullPrototype: true },
)

test(proves('agent:challenge:read', 'whatever was written'), () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(token, parameters), { minLength: 1, maxLength: 3 }), (challenges) => {
      const written = challenges.map(([scheme, entries]) => {
        const quoted = Object.entries(entries).map(([name, text]) => `${name}="${text.replaceAll(/["\\]/g, '\\$&')}"`)
        return `${scheme} ${quoted.join(', ')}`.trim()
      })
      expect(read(written.join(', '))).toEqual(challenges.map(([scheme, entries]) => [scheme.toLowerCase(), entries]))
    }),
  )
})

test(proves('agent:challenge:read', 'whatever was sent'), () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aB1 ,="\\\t;é~'), maxLength: 200 }), (header) => {
      for (const [scheme] of read(header)) expect(scheme).toMatch(/^[!-~]+$/)
    }),
  )
  expect(read(`DPoP error="${'a'.repeat(9_000)}"`)).toEqual([])
})
