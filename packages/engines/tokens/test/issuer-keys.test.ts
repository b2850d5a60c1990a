import { generateKeyPairSync } from 'node:crypto'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  createIssuerKeys,
  createSigningKey,
  readPublicJwk,
  type SigningKey,
  signJwt,
} from '@lockstep/tokens'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { type KeyServer, startKeyServer } from './key-server.ts'
import { LOW_ORDER } from './low-order-keys.ts'

const ISSUER = 'https://as.example'
const AUDIENCE = 'https://mcp.example/mcp'
let server: KeyServer | undefined

afterEach(async () => {
  vi.useRealTimers()
  await server?.close()
  server = undefined
})

const published = (key: SigningKey) => ({ ...key.publicJwk, kid: key.thumbprint, alg: key.algorithm, use: 'sig' })

function tokenBy(key: SigningKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'a', client_id: 'c', jti: 'j', iat: now, exp: now + 3000 }
  return signJwt(key, 'at+jwt', claims)
}

const verifierAt = (jwksUri: string, clock?: () => number): AccessTokenVerifier =>
  createAccessTokenVerifier({ issuers: [{ issuer: ISSUER, jwksUri }], audience: AUDIENCE, clock })

async function codeOf(verifier: AccessTokenVerifier, token: string): Promise<string> {
  const outcome = await verifier.verify(token)
  return outcome.ok ? 'ok' : outcome.denial.code
}

describe('a remote key set', () => {
  test(proves('gateway:keys:remote', 'is fetched once'), async () => {
    const key = await createSigningKey()
    server = await startKeyServer([published(key)])
    const verifier = verifierAt(server.url)
    const token = await tokenBy(key)
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(verifier, token)))
    expect(new Set(codes)).toEqual(new Set(['ok']))
    expect(server.asked()).toBe(1)
  })

  test(proves('gateway:keys:remote', 'T10, a flood of unknown kids does not reach the issuer'), async () => {
    const key = await createSigningKey()
    server = await startKeyServer([published(key)])
    const verifier = verifierAt(server.url)
    expect(await codeOf(verifier, await tokenBy(key))).toBe('ok')
    const stranger = await createSigningKey()
    for (let count = 0; count < 1_000; count++) {
      const token = await tokenBy({ ...stranger, thumbprint: `unknown-${count}` })
      expect(await codeOf(verifier, token)).toBe('gateway.token-invalid')
    }
    expect(server.asked()).toBe(1)
  })

  test(proves('gateway:keys:remote', 'T67, rotates: a new key is found, a removed one is refused'), async () => {
    const [old, next] = [await createSigningKey(), await createSigningKey()]
    server = await startKeyServer([published(old)])
    const verifier = verifierAt(server.url)
    const [byOld, byNext] = [await tokenBy(old), await tokenBy(next)]
    expect(await codeOf(verifier, byOld)).toBe('ok')
    server.answer = { status: 200, body: JSON.stringify({ keys: [published(next)] }) }
    expect(await codeOf(verifier, byNext)).toBe('gateway.token-invalid')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
    expect(await codeOf(verifier, byNext)).toBe('ok')
    expect(await codeOf(verifier, byOld)).toBe('gateway.token-invalid')
  })

  test.each([
    ['an error', { status: 500, body: '{"keys":[]}' }],
    ['a redirect', { status: 302, body: '{"keys":[]}' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['no keys', { status: 200, body: '{"keys":{}}' }],
    ['a duplicate member', { status: 200, body: '{"keys":[],"keys":[]}' }],
    ['too much', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(300_000)}"}` }],
  ])(proves('gateway:keys:remote', 'answered with %s: unavailable'), async (_, answer) => {
    const key = await createSigningKey()
    server = await startKeyServer([published(key)])
    server.answer = answer
    let now = Date.now()
    const verifier = verifierAt(server.url, () => now)
    const token = await tokenBy(key)
    for (let count = 0; count < 5; count++) expect(await codeOf(verifier, token)).toBe('gateway.keys-unavailable')
    expect(server.asked()).toBe(1)
    now += 5_001
    server.answer = { status: 200, body: JSON.stringify({ keys: [published(key)] }) }
    expect(await codeOf(verifier, token)).toBe('ok')
  })

  test(proves('gateway:keys:remote', 'nobody there: unavailable'), async () => {
    const gone = await startKeyServer([])
    await gone.close()
    expect(await codeOf(verifierAt(gone.url), await tokenBy(await createSigningKey()))).toBe('gateway.keys-unavailable')
  })
})

describe('unfit keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const sound = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const unfit: [string, object][] = [
    ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
    ['private', privateKey.export({ format: 'jwk' })],
    ['a weak RSA key', rsa],
    ['another curve', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })],
    ['an encryption curve', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
    ['one for other operations', { ...sound, key_ops: ['deriveKey'] }],
    ['one for no list of operations', { ...sound, key_ops: 'verify' }],
    ['an altered coordinate', { kty: 'OKP', crv: 'Ed25519', x: `${'A'.repeat(42)}B` }],
    ...LOW_ORDER.map((hex): [string, object] => {
      return [
        `low order ${hex.slice(0, 6)}`,
        { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') },
      ]
    }),
  ]

  test.each(unfit)(proves('gateway:keys:unfit', '%s'), (_, jwk) => {
    expect(readPublicJwk(jwk)).toBeUndefined()
    expect(() => createIssuerKeys({ issuer: ISSUER, jwks: { keys: [jwk] } })).toThrow(TypeError)
  })

  test(proves('gateway:keys:unfit', 'T59, in a remote set they are left out, and the others still count'), async () => {
    const key = await createSigningKey()
    server = await startKeyServer([...unfit.map(([, jwk]) => jwk), published(key)])
    expect(await codeOf(verifierAt(server.url), await tokenBy(key))).toBe('ok')
  })

  test(proves('gateway:keys:unfit', 'honest Ed25519 and EC keys are read'), () => {
    for (let count = 0; count < 200; count++) {
      const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
      expect(readPublicJwk({ ...jwk, extra: 1, key_ops: ['verify'] })).toEqual(jwk)
    }
  })
})
