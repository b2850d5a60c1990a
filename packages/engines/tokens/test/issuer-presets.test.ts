import { generateKeyPairSync, sign } from 'node:crypto'
import { createAccessTokenVerifier, type IssuerPreset } from '@lockstep/tokens'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { SAMPLES, type Sample, VENDORS } from './vendor-tokens.ts'

const NOW = 1_800_000_000
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'vendor-1', use: 'sig' }] }

/** Signs as the vendors do, with RS256 and by node:crypto, so that the verifier's library is not asked about itself. */
function issue({ header, claims }: Sample): string {
  const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const times = { iat: NOW - 5, exp: NOW + 3600 }
  const input = `${b64({ alg: 'RS256', kid: 'vendor-1', ...header })}.${b64({ ...times, ...claims })}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

function judge(vendor: IssuerPreset, sample: Sample, change: object = {}) {
  const { issuer, audience } = VENDORS[vendor]
  const verifier = createAccessTokenVerifier({
    issuers: [{ issuer, jwks, preset: vendor, audience, ...change }],
    audience: 'https://mcp.example/mcp',
    clock: () => NOW * 1000,
  })
  return verifier.verify(issue(sample))
}

const vendors = Object.keys(SAMPLES) as IssuerPreset[]
const invalid = { ok: false, denial: { code: 'gateway.token-invalid' } }

describe.each(vendors)('%s', (vendor) => {
  const { accepted, refused } = SAMPLES[vendor]
  const [honest] = accepted
  if (!honest) throw new Error('a vendor has an honest token')
  const change = (claims: Sample['claims'], header: Sample['header'] = {}): Sample => ({
    says: '',
    header: { ...honest.header, ...header },
    claims: { ...honest.claims, ...claims },
  })

  test.each(accepted)(proves('gateway:preset:accepted', `${vendor}, $says`), async (sample) => {
    const outcome = await judge(vendor, sample, sample.options)
    expect(outcome).toMatchObject({ ok: true, value: sample.reads })
    const again = await judge(vendor, sample, sample.options)
    expect(again, 'a token has one id').toEqual(outcome)
  })

  test.each(refused)(proves('gateway:preset:refused', `${vendor}, $says`), async (sample) => {
    expect(await judge(vendor, sample, sample.options)).toMatchObject(invalid)
  })

  test.each<[string, Sample, object?]>([
    ['without the preset', honest, { preset: undefined }],
    ['our resource URL, where another audience is configured', change({ aud: 'https://mcp.example/mcp' })],
    ['another audience', change({ aud: 'https://other.example' })],
    ['an audience beside ours', change({ aud: [VENDORS[vendor].audience, 'https://other.example'] })],
    [
      'an audience beside ours that is not in the list',
      change({ aud: [VENDORS[vendor].audience, 'https://other.example'] }),
      { multiAudience: ['account'] },
    ],
    ['the list without ours', change({ aud: ['account'] }), { multiAudience: ['account'] }],
    ['another tenant or realm', change({ iss: `${VENDORS[vendor].issuer}x` })],
    ['no subject', change({ sub: undefined })],
    ['no expiry', change({ exp: undefined })],
    ['no time of issue', change({ iat: undefined })],
    ['not valid yet', change({ nbf: NOW + 60 })],
    ['an id token by its nonce', change({ nonce: 'n-0S6_WzA2Mj' }, { typ: 'JWT' })],
    ['an id token by its hash', change({ at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' }, { typ: 'JWT' })],
    ['a logout token', change({ events: {} }, { typ: 'JWT' })],
    ['a logout token by its type', change({}, { typ: 'logout+jwt' })],
    ['a nonce in the header', change({}, { typ: 'JWT', nonce: 'AQABAAAAAAD' })],
    ['another algorithm than configured', honest, { algorithms: ['ES256'] }],
    ['a confirmation that is not understood', change({ cnf: { kid: 'device' } })],
  ])(proves('gateway:preset:refused', `${vendor}, %s`), async (_, sample, options) => {
    expect(await judge(vendor, sample, options)).toMatchObject(invalid)
  })
})

test(proves('gateway:preset:accepted', 'the audiences that are listed, and no bare one of them'), async () => {
  const [honest] = SAMPLES.keycloak.accepted
  if (!honest) throw new Error('expected a token')
  const both = { ...honest, claims: { ...honest.claims, aud: ['account', VENDORS.keycloak.audience] } }
  expect((await judge('keycloak', both, { multiAudience: ['account'] })).ok).toBe(true)
  expect(await judge('keycloak', both)).toMatchObject(invalid)
})

test(proves('gateway:preset:accepted', 'two tokens without an id have two'), async () => {
  const [honest] = SAMPLES.auth0.accepted
  if (!honest) throw new Error('expected a token')
  const ids = await Promise.all(
    [honest, { ...honest, claims: { ...honest.claims, scope: 'notes:read' } }].map(async (sample) => {
      const outcome = await judge('auth0', sample)
      return outcome.ok ? outcome.value.id : 'refused'
    }),
  )
  expect(ids[0]).toMatch(/^[\w-]{43}$/)
  expect(ids[1]).toMatch(/^[\w-]{43}$/)
  expect(ids[0]).not.toBe(ids[1])
})
