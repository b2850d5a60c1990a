import { createSigningKey, createTxnTokenSigner, createTxnTokenVerifier, type TxnTokenGrant } from '@lockstep/tokens'
import fc from 'fast-check'
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { CLAIMS, type Claims, forge, GRANT, NOW, TRUST_DOMAIN, TTS } from './txn-token-fixture.ts'

const key = await createSigningKey()
let now = NOW
const clock = () => now * 1000
const terms = { trustDomain: TRUST_DOMAIN, issuer: TTS, clock }
const signer = createTxnTokenSigner({ ...terms, keys: [key], requestingWorkload: CLAIMS.req_wl })
const verifier = createTxnTokenVerifier({ ...terms, jwks: signer.jwks() })
const invalid = { ok: false, denial: { code: 'invocation.txn-token-invalid' } }

async function sign(grant: TxnTokenGrant = GRANT, notAfter = NOW + 3600) {
  const signed = await signer.sign(grant, notAfter)
  if (!signed) throw new Error('expected a token')
  return signed
}

test(proves('invocation:txn-token:profile'), async () => {
  const { jwt, token } = await sign()
  const [header, payload] = jwt
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  expect(header).toEqual({ alg: 'ES256', typ: 'txntoken+jwt', kid: key.thumbprint })
  expect(payload).toEqual({ ...CLAIMS, txn: token.id, jti: token.id })
  expect(token.id).not.toBe((await sign()).token.id)
  expect(signer.jwks().keys[0]).not.toHaveProperty('d')
})

test(proves('invocation:txn-token:profile', 'as jose reads it'), async () => {
  const { jwt, token } = await sign()
  const keys = createLocalJWKSet({ keys: [...signer.jwks().keys] })
  const expected = { typ: 'txntoken+jwt', issuer: TTS, audience: TRUST_DOMAIN, currentDate: new Date(NOW * 1000) }
  const { payload } = await jwtVerify(jwt, keys, expected)
  expect(payload).toEqual({ ...CLAIMS, txn: token.id, jti: token.id })
})

test(proves('invocation:txn-token:profile', 'too much for a header is not signed'), async () => {
  const name = 'n'.repeat(1025)
  await expect(signer.sign({ ...GRANT, subject: { issuer: 'i', id: name } }, NOW + 60)).rejects.toThrow(TypeError)
  await expect(signer.sign({ ...GRANT, actors: [] }, NOW + 60)).rejects.toThrow(TypeError)
  await expect(signer.sign({ ...GRANT, scopes: [] }, NOW + 60)).rejects.toThrow(TypeError)
  await expect(signer.sign({ ...GRANT, thumbprint: '' }, NOW + 60)).rejects.toThrow(TypeError)
  const scopes = Array.from({ length: 800 }, (_, index) => `scope-${index}`)
  await expect(signer.sign({ ...GRANT, scopes }, NOW + 60)).rejects.toThrow('too long')
})

const word = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed())
const scope = fc.string({ unit: fc.constantFrom('a', ':', '!', '~', '9'), minLength: 1, maxLength: 9 })
const sha = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const withResource = fc.record({ resource: fc.record({ type: word, id: word }), resourceDigest: sha })
const grants: fc.Arbitrary<TxnTokenGrant> = fc.record({
  subject: fc.record({ issuer: word, id: word }),
  actors: fc.array(word, { minLength: 1, maxLength: 8 }),
  thumbprint: sha,
  scopes: fc.uniqueArray(scope, { minLength: 1, maxLength: 5 }),
  transaction: fc
    .tuple(
      fc.record({ tool: word, audience: word, argumentsDigest: sha, policyVersion: word }),
      fc.option(withResource, { nil: {} }),
    )
    .map(([call, resource]) => ({ ...call, ...resource })),
  environment: fc.oneof(fc.record({ acr: word, proof: fc.constant('dpop' as const) }), fc.constant(GRANT.environment)),
})

test(proves('invocation:txn-token:round-trip'), async () => {
  await fc.assert(
    fc.asyncProperty(grants, async (grant) => {
      const { jwt, token } = await sign(grant)
      expect(await verifier.verify(jwt)).toEqual({ ok: true, value: token })
      expect(token).toMatchObject(grant)
    }),
    { numRuns: runs(60) },
  )
})

describe(proves('invocation:txn-token:strict'), () => {
  test('the claims of the profile themselves are read', async () => {
    expect((await verifier.verify(await forge(key, CLAIMS))).ok).toBe(true)
    const { resource: _, resource_digest: __, ...tctx } = CLAIMS.tctx
    expect((await verifier.verify(await forge(key, { ...CLAIMS, tctx }))).ok).toBe(true)
    expect((await verifier.verify(await forge(key, { ...CLAIMS, rctx: { proof: 'dpop' } }))).ok).toBe(true)
  })

  const required = Object.keys(CLAIMS)
  test.each(required)('without `%s`', async (claim) => {
    const { [claim as keyof typeof CLAIMS]: _, ...others } = CLAIMS
    expect(await verifier.verify(await forge(key, others))).toMatchObject(invalid)
  })

  const tctx = (change: Claims): Claims => ({ tctx: { ...CLAIMS.tctx, ...change } })
  const without = (name: keyof typeof CLAIMS.tctx): Claims => {
    const { [name]: _, ...others } = CLAIMS.tctx
    return { tctx: others }
  }
  const changes: readonly (readonly [string, Claims])[] = [
    ['an unknown version', tctx({ v: 2 })],
    ['a version as text', tctx({ v: '1' })],
    ...Object.keys(CLAIMS.tctx).map((name) => [`no tctx.${name}`, without(name as keyof typeof CLAIMS.tctx)] as const),
    ...['uses', 'ph_alg', 'cap'].map((name) => [`tctx.${name}`, tctx({ [name]: 1 })] as const),
    ['a claim that may be a limit', { nbf: NOW }],
    ['two audiences', { aud: [TRUST_DOMAIN, 'other'] }],
    ['one audience in a list', { aud: [TRUST_DOMAIN] }],
    ['another trust domain', { aud: 'other.org' }],
    ['the tool as audience', { aud: 'https://mcp.example/mcp' }],
    ['another issuer', { iss: 'https://as.example' }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: 2 }],
    ['another sub than sub_id', { sub: 'user:bob' }],
    ['another format of sub_id', { sub_id: { format: 'opaque', iss: 'https://as.example', sub: 'user:alice' } }],
    ['an actor as text', { act: 'spiffe://example.org/agents/planner-42' }],
    ['an actor with more to it', { act: { sub: 'spiffe://example.org/agents/planner-42', iss: 'x' } }],
    ['a bearer', { cnf: {} }],
    ['cnf of no effect', { cnf: { mtls: true } }],
    ['cnf not understood', { cnf: { jkt: CLAIMS.cnf.jkt, kid: 'x' } }],
    ['cnf with a certificate', { cnf: { jkt: CLAIMS.cnf.jkt, 'x5t#S256': CLAIMS.cnf.jkt } }],
    ['no scope', { scope: '' }],
    ['a scope twice', { scope: 'a a' }],
    ['scopes apart', { scope: 'a  b' }],
    ['a digest that is none', tctx({ arguments: 'sha' })],
    ['a proof unknown', { rctx: { proof: 'bearer' } }],
    ['rctx with more to it', { rctx: { proof: 'dpop', ip: '::1' } }],
    ['a fraction of a second', { exp: NOW + 59.5 }],
    ['a time as text', { exp: `${NOW + 60}` }],
    ['a name too long', { req_wl: 'w'.repeat(1025) }],
  ]
  test.each(changes)('%s', async (_, change) => {
    expect(await verifier.verify(await forge(key, { ...CLAIMS, ...change }))).toMatchObject(invalid)
  })
})

test(proves('invocation:txn-token:forged'), async () => {
  const stranger = await createSigningKey()
  const good = await forge(key, CLAIMS)
  const forged = [
    await forge(key, CLAIMS, 'JWT'),
    await forge(key, CLAIMS, 'at+jwt'),
    await forge(key, CLAIMS, 'lockstep-capability+jwt'),
    await forge(stranger, CLAIMS),
    await forge({ ...stranger, thumbprint: key.thumbprint }, CLAIMS),
    `${good}, ${good}`,
    `${good}.`,
    ` ${good}`,
    good.slice(0, good.lastIndexOf('.') + 1),
    good.split('.').slice(0, 2).join('.'),
    '',
  ]
  for (const token of forged) expect(await verifier.verify(token)).toMatchObject(invalid)
})

test(proves('invocation:txn-token:forged', 'a good signature under no name, or of another kind'), async () => {
  const sign = (header: { alg: string; kid?: string }, privateKey: CryptoKey) =>
    new SignJWT({ ...CLAIMS }).setProtectedHeader({ typ: 'txntoken+jwt', ...header }).sign(privateKey)
  expect((await verifier.verify(await sign({ alg: 'ES256', kid: key.thumbprint }, key.privateKey))).ok).toBe(true)
  expect(await verifier.verify(await sign({ alg: 'ES256' }, key.privateKey))).toMatchObject(invalid)

  const { publicKey, privateKey } = await generateKeyPair('PS256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'rsa', alg: 'PS256' }] }
  const other = createTxnTokenVerifier({ ...terms, jwks })
  expect(await other.verify(await sign({ alg: 'PS256', kid: 'rsa' }, privateKey))).toMatchObject(invalid)
})

test(proves('invocation:txn-token:forged', 'any character'), async () => {
  const { jwt } = await sign()
  const letters = [...'AQgwxZ09-_.=']
  await fc.assert(
    fc.asyncProperty(fc.nat(jwt.length - 1), fc.constantFrom(...letters), async (at, letter) => {
      fc.pre(jwt[at] !== letter)
      const altered = `${jwt.slice(0, at)}${letter}${jwt.slice(at + 1)}`
      const outcome = await verifier.verify(altered)
      expect(outcome).toMatchObject(invalid)
      expect(JSON.stringify(outcome)).not.toContain(altered.slice(0, 20))
    }),
    { numRuns: runs(150) },
  )
})

describe(proves('invocation:txn-token:times'), () => {
  const at = async (seconds: number, claims: Claims) => {
    now = seconds
    const { ok } = await verifier.verify(await forge(key, { ...CLAIMS, ...claims }))
    now = NOW
    return ok
  }
  test.each([
    ['at its last moment', NOW + 59.999, {}, true],
    ['when it expires', NOW + 60, {}, false],
    ['from a clock slightly ahead', NOW - 5, {}, true],
    ['from the future', NOW - 6, {}, false],
    ['that lives longer than 60 s', NOW, { exp: NOW + 61 }, false],
    ['that expires as it is issued', NOW - 1, { exp: NOW }, false],
    ['that expired before it was issued', NOW - 3, { exp: NOW - 1 }, false],
  ] as const)('one %s', async (_, seconds, claims, ok) => {
    expect(await at(seconds, claims)).toBe(ok)
  })

  test('it never outlives what it was exchanged for', async () => {
    expect((await sign(GRANT, NOW + 7.9)).token).toMatchObject({ issuedAt: NOW, expiresAt: NOW + 7 })
    expect(await signer.sign(GRANT, NOW)).toBeUndefined()
    expect(await signer.sign(GRANT, NOW - 100)).toBeUndefined()
    expect(await signer.sign(GRANT, Number.NaN)).toBeUndefined()
    now = NOW + 0.5
    expect(await signer.sign(GRANT, NOW + 0.9)).toBeUndefined()
    now = NOW
  })
})

test(proves('invocation:txn-token:rotation'), async () => {
  const next = await createSigningKey({ algorithm: 'EdDSA' })
  const rotated = createTxnTokenSigner({ ...terms, keys: [next, key], requestingWorkload: 'w' })
  const both = createTxnTokenVerifier({ ...terms, jwks: rotated.jwks() })
  const { jwt: old } = await sign()
  expect((await both.verify(old)).ok).toBe(true)
  const young = await rotated.sign(GRANT, NOW + 60)
  expect((await both.verify(young?.jwt ?? '')).ok).toBe(true)
  expect(await verifier.verify(young?.jwt ?? '')).toMatchObject(invalid)
  const alone = createTxnTokenVerifier({ ...terms, jwks: { keys: rotated.jwks().keys.slice(0, 1) } })
  expect(await alone.verify(old)).toMatchObject(invalid)
})

test(proves('invocation:txn-token:rotation', 'the keys cannot be fetched'), async () => {
  const jwksUri = 'https://tts.example.org/jwks'
  const remote = createTxnTokenVerifier({ ...terms, jwksUri, fetch: async () => new Response('', { status: 500 }) })
  const { jwt } = await sign()
  expect(await remote.verify(jwt)).toEqual({ ok: false, denial: { code: 'gateway.keys-unavailable' } })
})

test(proves('invocation:txn-token:options', 'of signer and verifier'), () => {
  const options = { ...terms, keys: [key] as const, requestingWorkload: 'w' }
  expect(() => createTxnTokenSigner(Object.assign({ life: 5 }, options))).toThrow('unknown option `life`')
  for (const lifetime of [0, 61, 1.5, Number.NaN]) {
    expect(() => createTxnTokenSigner({ ...options, lifetime })).toThrow('`lifetime`')
  }
  expect(() => createTxnTokenSigner({ ...options, trustDomain: '' })).toThrow('`trustDomain`')
  expect(() => createTxnTokenSigner({ ...options, keys: JSON.parse('[]') })).toThrow('`keys`')
  const judged = { ...terms, jwks: signer.jwks() }
  expect(() => createTxnTokenVerifier(Object.assign({ skew: 5 }, judged))).toThrow('unknown option `skew`')
  expect(() => createTxnTokenVerifier({ ...judged, issuer: '' })).toThrow('`issuer`')
  expect(() => createTxnTokenVerifier({ ...judged, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })).toThrow(
    TypeError,
  )
  expect(() => createTxnTokenVerifier(terms)).toThrow('exactly one')
})

test(proves('jobs:token:chain', 'a further token of a transaction'), async () => {
  const first = await sign()
  const further = await signer.sign(GRANT, NOW + 60, { transactionId: first.token.id })
  const read = await verifier.verify(further?.jwt ?? '')
  expect(read).toEqual({ ok: true, value: further?.token })
  expect(further?.token.transactionId).toBe(first.token.id)
  expect(further?.token.id).not.toBe(first.token.id)
  const replaced = further && (await signer.sign(GRANT, NOW + 60, further.token))
  expect(replaced?.token, 'of which one counts').toMatchObject({
    id: further?.token.id,
    transactionId: first.token.id,
  })
})
