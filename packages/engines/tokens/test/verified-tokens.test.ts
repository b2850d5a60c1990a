import { createBoundedMemory } from '@lockstep/core'
import { createAccessTokenVerifier, createSigningKey, HashedToken, type SigningKey, signJwt } from '@lockstep/tokens'
import { afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { type KeyServer, startKeyServer } from './key-server.ts'
import { NOW } from './txn-token-fixture.ts'

const ISSUER = 'https://as.example'
const AUDIENCE = 'https://mcp.example/mcp'
const VERIFICATIONS = ['jose', 'fast'] as const
let server: KeyServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const published = (key: SigningKey) => ({ ...key.publicJwk, kid: key.thumbprint, alg: key.algorithm, use: 'sig' })

function tokenBy(key: SigningKey, changes: Record<string, string | number | object> = {}): Promise<string> {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'a', client_id: 'c', jti: 'j', iat: NOW - 5, exp: NOW + 3000 }
  return signJwt(key, 'at+jwt', JSON.parse(JSON.stringify({ ...claims, ...changes })))
}

/** A verifier whose clock the test sets, in seconds. */
function verifierOf(keys: { jwksUri: string } | { jwks: { keys: object[] } }, verification: 'jose' | 'fast' = 'fast') {
  const clock = { now: NOW }
  const issuers = [{ issuer: ISSUER, ...keys }]
  const verifier = createAccessTokenVerifier({
    issuers,
    audience: AUDIENCE,
    clock: () => clock.now * 1000,
    verification,
  })
  const codeOf = async (token: string) => {
    const outcome = await verifier.verify(token)
    return outcome.ok ? 'ok' : outcome.denial.code
  }
  return { clock, verifier, codeOf }
}

describe.each(VERIFICATIONS)('%s: keys that change', (verification) => {
  test(proves('gateway:remembered:token', `${verification}: a key that was removed counts no longer`), async () => {
    const [old, next] = [await createSigningKey(), await createSigningKey()]
    server = await startKeyServer([published(old)])
    const { clock, codeOf } = verifierOf({ jwksUri: server.url }, verification)
    const token = await tokenBy(old)
    for (let time = 0; time < 3; time += 1) expect(await codeOf(token)).toBe('ok')
    server.answer = { status: 200, body: JSON.stringify({ keys: [published(next)] }) }
    // Somebody's token names a key that is not there: the set is fetched again.
    clock.now += 31
    expect(await codeOf(await tokenBy(next))).toBe('ok')
    expect(await codeOf(token)).toBe('gateway.token-invalid')
  })

  test(proves('gateway:remembered:token', `${verification}: keys that grew old are fetched again`), async () => {
    const [old, next] = [await createSigningKey(), await createSigningKey()]
    server = await startKeyServer([published(old)])
    const { clock, codeOf } = verifierOf({ jwksUri: server.url }, verification)
    const token = await tokenBy(old)
    for (let time = 0; time < 3; time += 1) expect(await codeOf(token)).toBe('ok')
    server.answer = { status: 200, body: JSON.stringify({ keys: [published(next)] }) }
    clock.now += 599
    expect(await codeOf(token)).toBe('ok')
    clock.now += 1
    expect(await codeOf(token)).toBe('gateway.token-invalid')
    expect(server.asked()).toBe(2)
  })

  test(proves('gateway:remembered:token', `${verification}: nobody answers for keys that grew old`), async () => {
    const key = await createSigningKey()
    server = await startKeyServer([published(key)])
    const { clock, codeOf } = verifierOf({ jwksUri: server.url }, verification)
    const token = await tokenBy(key)
    for (let time = 0; time < 3; time += 1) expect(await codeOf(token)).toBe('ok')
    server.answer = { status: 500, body: '' }
    clock.now += 600
    for (let time = 0; time < 3; time += 1) expect(await codeOf(token)).toBe('gateway.keys-unavailable')
    server.answer = { status: 200, body: JSON.stringify({ keys: [published(key)] }) }
    clock.now += 6
    expect(await codeOf(token)).toBe('ok')
  })
})

describe('what is remembered', () => {
  test(proves('gateway:remembered:token', 'is the same object, and nobody can change it'), async () => {
    const key = await createSigningKey()
    const { verifier } = verifierOf({ jwks: { keys: [published(key)] } })
    const detail = {
      type: 'mcp_tool_call',
      locations: [AUDIENCE],
      tool: 'readNote',
      arguments: { id: { equals: [1] } },
    }
    const bound = { scope: 'a b', act: { sub: 'x' }, cnf: { jkt: `${'k'.repeat(42)}A` }, acr: 'mfa' }
    for (const changes of [{}, bound, { authorization_details: [detail] }]) {
      const token = await tokenBy(key, changes)
      const [first, second] = [await verifier.verify(token), await verifier.verify(new HashedToken(token))]
      if (!first.ok || !second.ok) throw new Error('refused')
      expect(second.value).toBe(first.value)
      const reached: unknown[] = [first.value]
      for (const value of reached) {
        if (typeof value !== 'object' || value === null) continue
        expect(Object.isFrozen(value)).toBe(true)
        reached.push(...Object.values(value))
      }
    }
  })

  test(proves('gateway:remembered:token', 'is forgotten when everything is revoked'), async () => {
    const key = await createSigningKey()
    const { verifier } = verifierOf({ jwks: { keys: [published(key)] } })
    const token = await tokenBy(key)
    const before = await verifier.verify(token)
    verifier.forgetVerified()
    const after = await verifier.verify(token)
    if (!before.ok || !after.ok) throw new Error('refused')
    expect(after.value).toEqual(before.value)
    expect(after.value).not.toBe(before.value)
  })

  test(proves('gateway:remembered:token', 'ends with the token, and a clock that went back is believed'), async () => {
    const key = await createSigningKey()
    const { clock, codeOf } = verifierOf({ jwks: { keys: [published(key)] } })
    const token = await tokenBy(key)
    expect(await codeOf(token)).toBe('ok')
    clock.now = NOW + 2_999.9
    expect(await codeOf(token)).toBe('ok')
    clock.now = NOW + 3_000
    expect(await codeOf(token)).toBe('gateway.token-expired')
    clock.now = NOW - 3_600
    expect(await codeOf(token)).toBe('gateway.token-invalid')
  })

  test(proves('gateway:remembered:token', 'what a token says of the future is judged again'), async () => {
    const key = await createSigningKey()
    const { clock, verifier } = verifierOf({ jwks: { keys: [published(key)] } })
    const token = await tokenBy(key, { auth_time: NOW + 60 })
    const signIn = async () => {
      const outcome = await verifier.verify(token)
      return outcome.ok ? outcome.value.authenticatedAt : outcome.denial.code
    }
    expect(await signIn()).toBeUndefined()
    clock.now += 50
    expect(await signIn()).toBe(NOW + 60)
  })
})

test(proves('gateway:remembered:bounded', 'by number, the last used last'), () => {
  const memory = createBoundedMemory<{ readonly at: number }>(100)
  const used = { at: -1 }
  memory.set('used', used)
  for (let at = 0; at < 10_000; at += 1) {
    memory.set(`key-${at}`, { at })
    expect(memory.get('used')).toBe(used)
  }
  const kept = Array.from({ length: 10_000 }, (_, at) => memory.get(`key-${at}`)).filter((value) => value !== undefined)
  expect(kept.length).toBeGreaterThanOrEqual(48)
  expect(kept.length).toBeLessThanOrEqual(100)
})
