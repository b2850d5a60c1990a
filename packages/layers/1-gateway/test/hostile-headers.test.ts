import { CODES, type Denial, type ErrorCode } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { phraseChallenge } from '../src/challenge.ts'
import { readCredentials } from '../src/credentials.ts'
import { createWorld } from './world.ts'

const name = fc.oneof(
  fc.constantFrom(
    'Authorization',
    'authorization',
    'AUTHORIZATION',
    'DPoP',
    'dpop',
    'Dpop',
    'Authorization ',
    'X-Authorization',
  ),
  fc.string({ maxLength: 12 }),
)
const scheme = fc.constantFrom('DPoP', 'dpop', 'Bearer', 'BEARER', 'Basic', 'DPoPx', 'Bearer:', '', ' DPoP', 'Dр0P')
const space = fc.constantFrom(' ', '  ', '\t', '', '\u00a0', ',')
const token = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constant('e30.e30.AA'),
)
const value = fc.oneof(
  fc.tuple(scheme, space, token, fc.oneof(fc.constant(''), token)).map((parts) => parts.join('')),
  token,
)
const headers = fc.array(fc.tuple(name, value), { maxLength: 5 })
const url = new URL('https://mcp.example/mcp')

test(proves('gateway:headers:read', 'the credentials'), () => {
  let read = 0
  fc.assert(
    fc.property(headers, (sent) => {
      const outcome = readCredentials({ method: 'POST', url: '/mcp', headers: sent, trace: '' }, url)
      const authorizations = sent.filter(([one]) => one.toLowerCase() === 'authorization').map(([, one]) => one)
      if (!outcome.ok) {
        expect(['gateway.credentials-missing', 'gateway.credentials-malformed']).toContain(outcome.denial.code)
        return
      }
      read += 1
      expect(authorizations).toHaveLength(1)
      const { scheme: known, token: credential, proofs } = outcome.value
      // Nothing of the header is left over, and nothing was repaired.
      expect(authorizations[0]?.toLowerCase().replace(/ +/, ' ')).toBe(`${known} ${credential.toLowerCase()}`)
      expect(credential).toMatch(/^[\x21-\x7e]+$/)
      expect(proofs).toEqual(sent.filter(([one]) => one.toLowerCase() === 'dpop').map(([, one]) => one))
    }),
    { numRuns: runs(20_000) },
  )
  expect(read).toBeGreaterThan(100)
})

test(proves('gateway:headers:read', 'a whole request'), async () => {
  const world = createWorld()
  await fc.assert(
    fc.asyncProperty(headers, fc.string({ unit: 'binary', maxLength: 20 }), fc.string(), async (sent, path, method) => {
      const outcome = await world.gateway.admit({ method, url: `/${path}`, headers: sent, trace: '' })
      expect(outcome.ok).toBe(false)
      if (outcome.ok) return
      expect(Object.hasOwn(CODES, outcome.denial.code)).toBe(true)
    }),
    { numRuns: runs(3_000) },
  )
  expect(world.used.size).toBe(0)
})

/** RFC 9110 sections 11.2 and 5.6.4, written out: one scheme, and parameters in quotes. */
const CHALLENGE = /^DPoP [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*$/

test(proves('gateway:challenge:well-formed'), () => {
  // What options and the policy may hold: RFC 6749 section 3.3.
  const word = fc.string({
    unit: fc.constantFrom(..."!#$%&'()*+-./09:<=>?@AZ^_`az{|}~,;"),
    minLength: 1,
    maxLength: 12,
  })
  const code = fc.constantFrom(...(Object.keys(CODES) as ErrorCode[]))
  const origin = fc.webUrl({ validSchemes: ['https'] })
  fc.assert(
    fc.property(
      fc.record({
        code,
        acr: fc.option(word),
        scopes: fc.array(word),
        age: fc.option(fc.nat()),
      }),
      origin,
      ({ code, acr, scopes, age }, metadataUrl) => {
        const unlock = { ...(acr === null ? {} : { acr }), ...(age === null ? {} : { maxAge: age }) }
        const denial: Denial = { code, unlock }
        const terms = { metadataUrl, algorithms: ['ES256', 'EdDSA'], scopes, nonce: () => 'a-nonce' }
        const { status, headers: answered } = phraseChallenge(terms, denial)
        const challenge = answered['www-authenticate']
        expect(challenge !== undefined || ![401].includes(status), 'a 401 has a challenge').toBe(true)
        if (challenge === undefined) return
        expect(challenge).toMatch(CHALLENGE)
        const names = [...challenge.matchAll(/([a-z_]+)="/g)].map(([, one]) => one)
        expect(new Set(names).size, 'no parameter comes twice').toBe(names.length)
        expect(new Headers(answered).get('www-authenticate')).toBe(challenge)
      },
    ),
    { numRuns: runs(5_000) },
  )
})
