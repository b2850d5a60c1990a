import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Algorithm, createAccessTokenVerifier, createSigningKey, signJwt } from '@lockstep/tokens'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'

const NOW = 1_800_000_000
const AUDIENCE = 'https://mcp.example/mcp'
const clock = () => NOW * 1000
const claims = {
  iss: 'https://as.example',
  aud: AUDIENCE,
  sub: 'user:alice',
  client_id: 'planner',
  jti: 'id-1',
  iat: NOW - 5,
  exp: NOW + 300,
}

/** Signs with node:crypto, so that the verifier's library is not asked about itself. */
function tokenBy(algorithm: string, key: KeyObject): string {
  const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${b64({ alg: algorithm, typ: 'at+jwt' })}.${b64(claims)}`
  const hash = algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`
  const pss = algorithm.startsWith('PS') ? { padding: 6, saltLength: Number(algorithm.slice(2)) / 8 } : {}
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...pss })
  return `${input}.${signature.toString('base64url')}`
}

const pairs: [Algorithm, { privateKey: KeyObject; publicKey: KeyObject }][] = [
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['EdDSA', generateKeyPairSync('ed25519')],
  ['Ed25519', generateKeyPairSync('ed25519')],
  ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['RS512', generateKeyPairSync('rsa', { modulusLength: 2048 })],
]

describe('algorithms', () => {
  test.each(pairs)(proves('gateway:token:accepted', '%s'), async (algorithm, { privateKey, publicKey }) => {
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] }
    const issuer = { issuer: claims.iss, jwks }
    const token = tokenBy(algorithm, privateKey)
    const allowed = createAccessTokenVerifier({
      issuers: [{ ...issuer, algorithms: [algorithm] }],
      audience: AUDIENCE,
      clock,
    })
    expect(await allowed.verify(token)).toMatchObject({
      ok: true,
      value: { subject: 'user:alice', id: 'id-1', actors: [] },
    })
    const others = pairs.map(([name]) => name).filter((name) => name !== algorithm)
    const refused = createAccessTokenVerifier({
      issuers: [{ ...issuer, algorithms: others }],
      audience: AUDIENCE,
      clock,
    })
    expect(await refused.verify(token)).toMatchObject({ ok: false, denial: { code: 'gateway.token-invalid' } })
  })
})

test(proves('gateway:token:altered'), async () => {
  const key = await createSigningKey()
  const jwks = { keys: [{ ...key.publicJwk, kid: key.thumbprint }] }
  const verifier = createAccessTokenVerifier({ issuers: [{ issuer: claims.iss, jwks }], audience: AUDIENCE, clock })
  const token = await signJwt(key, 'at+jwt', claims)
  expect((await verifier.verify(token)).ok).toBe(true)
  const character = fc.constantFrom(...'ABCxyz019-_.=+/ \u0000é')
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), character, fc.constantFrom(0, 1), async (at, other, removed) => {
      const altered = token.slice(0, at) + other + token.slice(at + removed)
      fc.pre(altered !== token)
      expect((await verifier.verify(altered)).ok).toBe(false)
    }),
    { numRuns: runs(500) },
  )
})

describe('several issuers', async () => {
  const [one, two] = [await createSigningKey(), await createSigningKey({ algorithm: 'EdDSA' })]
  const issuers = [
    { issuer: 'https://one.example', jwks: { keys: [{ ...one.publicJwk, kid: 'same' }] } },
    {
      issuer: 'https://two.example',
      jwks: { keys: [{ ...two.publicJwk, kid: 'same' }] },
      algorithms: ['EdDSA'] as const,
    },
  ]
  const verifier = createAccessTokenVerifier({ issuers, audience: AUDIENCE, clock })
  const by = (key: typeof one, iss: string) => signJwt({ ...key, thumbprint: 'same' }, 'at+jwt', { ...claims, iss })

  test(proves('gateway:token:issuers'), async () => {
    expect(await verifier.verify(await by(one, 'https://one.example'))).toMatchObject({
      value: { issuer: 'https://one.example' },
    })
    expect(await verifier.verify(await by(two, 'https://two.example'))).toMatchObject({
      value: { issuer: 'https://two.example' },
    })
  })

  test.each([
    ['the key of another', one, 'https://two.example'],
    ['the key of another, the other way', two, 'https://one.example'],
    ['an unknown issuer', one, 'https://three.example'],
    ['another spelling', one, 'https://ONE.example'],
    ['a name of Object.prototype', one, 'constructor'],
  ] as const)(proves('gateway:token:issuers', '%s'), async (_, key, iss) => {
    expect(await verifier.verify(await by(key, iss))).toMatchObject({
      ok: false,
      denial: { code: 'gateway.token-invalid' },
    })
  })
})
