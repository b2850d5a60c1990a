import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'
import { createProofVerifier, readPublicJwk, thumbprint } from '@lockstep/tokens'
import { beforeEach, expect, test, vi } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { ALGORITHM_KEYS, AUDIENCE, signWith } from './two-verifications.ts'
import { NOW } from './txn-token-fixture.ts'

// The real function, counted: a key that is remembered is not imported again.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, createPublicKey: vi.fn(crypto.createPublicKey) }
})
const imported = vi.mocked(createPublicKey)
beforeEach(() => void imported.mockClear())

const [key, other] = ALGORITHM_KEYS
const ath = createHash('sha256').update('token').digest('base64url')

async function prove(
  thumbprintOf: JsonWebKey,
  header: object = {},
  claims: object = {},
  tamper = (jwt: string) => jwt,
) {
  const bound = readPublicJwk(thumbprintOf)
  if (!key || !bound) throw new Error('no key')
  const payload = { jti: 'p', htm: 'POST', htu: AUDIENCE, iat: NOW, ath, ...claims }
  const proofJwt = tamper(signWith(key, { typ: 'dpop+jwt', jwk: key.jwk, ...header }, payload))
  return { proofJwt, method: 'POST', url: AUDIENCE, accessToken: 'token', thumbprint: await thumbprint(bound) }
}

const altered = (jwt: string) => jwt.slice(0, -5) + (jwt.at(-5) === 'A' ? 'B' : 'A') + jwt.slice(-4)

test(proves('gateway:remembered:bounded', 'a key that a token is bound to is imported once'), async () => {
  const verifier = createProofVerifier({ clock: () => NOW * 1000 })
  const request = await prove(key?.jwk ?? {})
  for (let time = 0; time < 5; time += 1) expect((await verifier.verify(request)).ok).toBe(true)
  expect(imported).toHaveBeenCalledTimes(1)
  // The same key in another header is read anew.
  expect((await verifier.verify(await prove(key?.jwk ?? {}, { kid: 'x' }))).ok).toBe(true)
  expect(imported).toHaveBeenCalledTimes(2)
})

test.each([
  ['of somebody whose token is bound to another', 'gateway.proof-key', () => prove(other?.jwk ?? {}), 5],
  ['that did not sign', 'gateway.proof-invalid', () => prove(key?.jwk ?? {}, {}, {}, altered), 5],
  ['beside claims that do not fit', 'gateway.proof-invalid', () => prove(key?.jwk ?? {}, {}, { htm: 'GET' }), 0],
  ['in a header of a kilobyte', undefined, () => prove(key?.jwk ?? {}, { x: 'y'.repeat(900) }), 5],
] as const)(proves('gateway:remembered:bounded', 'a key %s is not remembered'), async (_, code, make, times) => {
  const verifier = createProofVerifier({ clock: () => NOW * 1000 })
  const request = await make()
  for (let time = 0; time < 5; time += 1) {
    const outcome = await verifier.verify(request)
    expect(outcome.ok ? undefined : outcome.denial.code).toBe(code)
  }
  expect(imported).toHaveBeenCalledTimes(times)
})
