import { type Caller, createSeal, revocableName } from '@lockstep/core'
import { createGateway, type Gateway } from '@lockstep/gateway'
import { createMemoryState } from '@lockstep/stores/memory'
import { describe, expect, test } from 'vitest'
import { freshId, jws, sha256 } from '../../packages/layers/1-gateway/test/forge.ts'
import { ISSUER, NOW, PLANNER, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import { mutateJwt } from '../fixtures/corpus/mutate-jwt.ts'
import {
  ALGORITHMS,
  createSigner,
  otherSignature,
  type Signer,
  type SignerAlgorithm,
} from '../fixtures/corpus/signer.ts'
import { NIGHTLY, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'

/** Places are taken one by one for the algorithms in use, and every 23rd for the others. */
const strideOf = (alg: SignerAlgorithm) => (NIGHTLY || alg === 'ES256' || alg === 'EdDSA' ? 1 : 23)

const signers = Object.fromEntries(
  ALGORITHMS.map((alg) => [alg, { issuer: createSigner(alg), agent: createSigner(alg) }]),
)

/** One gateway, and an issuer and an agent that sign by one algorithm. */
function open(alg: SignerAlgorithm, verification: 'fast' | 'jose') {
  const { issuer, agent } = signers[alg] as { issuer: Signer; agent: Signer }
  const clock = () => NOW * 1000
  const state = createMemoryState({ clock: () => clock() })
  const gateway = createGateway({
    resource: RESOURCE,
    issuers: [{ issuer: ISSUER, algorithms: [alg], jwks: { keys: [{ ...issuer.jwk, kid: 'k', alg }] } }],
    singleUse: state.singleUse,
    seal: createSeal<Caller>().seal,
    proof: { algorithms: [alg] },
    verification,
    clock,
  })
  const claims = {
    aud: RESOURCE,
    sub: 'user:alice',
    client_id: 'planner',
    act: { sub: PLANNER },
    cnf: { jkt: agent.jkt },
  }
  const token = jws(
    { alg, typ: 'at+jwt', kid: 'k' },
    { iss: ISSUER, jti: freshId(), iat: NOW - 5, exp: NOW + 300, ...claims },
    issuer.sign,
  )
  const proof = (accessToken: string) =>
    jws(
      { alg, typ: 'dpop+jwt', jwk: agent.jwk },
      { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(accessToken) },
      agent.sign,
    )
  return { gateway, state, token, proof }
}

async function send(gateway: Gateway, token: string, proof: string): Promise<string> {
  const headers = [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', proof],
  ] as const
  const verified = await gateway.verify({ method: 'POST', url: '/mcp', headers, trace: '0'.repeat(32) })
  const outcome = verified.ok ? await verified.value.admit() : verified
  return outcome.ok ? `admitted ${outcome.value.token.id}` : outcome.denial.code
}

describe.each(['fast', 'jose'] as const)('verified by %s', (verification) => {
  test.each(ALGORITHMS)(
    proves('attacks:tokens:mutated', `a token, %s, ${verification}`),
    async (alg) => {
      const { gateway, token, proof } = open(alg, verification)
      const accepted: string[] = []
      const codes = new Set<string>()
      // Once the original is known, a cache could mistake another for it.
      expect(await send(gateway, token, proof(token))).toMatch(/^admitted /)
      let tried = 0
      for (const changed of mutateJwt(token, strideOf(alg))) {
        const code = await send(gateway, changed, proof(changed))
        tried += 1
        codes.add(code)
        if (code.startsWith('admitted')) accepted.push(changed)
      }
      expect(accepted).toEqual([])
      expect(tried).toBeGreaterThan(300)
      // The proof fitted every time: it is the token that was refused.
      expect([...codes].sort()).toEqual(['gateway.credentials-malformed', 'gateway.token-invalid'])
      expect(await send(gateway, token, proof(token))).toMatch(/^admitted /)
    },
    within(240_000),
  )

  test.each(ALGORITHMS)(
    proves('attacks:tokens:mutated', `a proof, %s, ${verification}`),
    async (alg) => {
      const { gateway, token, proof } = open(alg, verification)
      expect(await send(gateway, token, proof(token))).toMatch(/^admitted /)
      const original = proof(token)
      const accepted: string[] = []
      const codes = new Set<string>()
      for (const changed of mutateJwt(original, strideOf(alg))) {
        const code = await send(gateway, token, changed)
        codes.add(code)
        if (code.startsWith('admitted')) accepted.push(changed)
      }
      expect(accepted).toEqual([])
      expect([...codes]).toEqual(['gateway.proof-invalid'])
      // None of them used the original up.
      expect(await send(gateway, token, original)).toMatch(/^admitted /)
    },
    within(240_000),
  )

  test.each(['ES256', 'ES384', 'ES512'] as const)(
    proves('attacks:tokens:malleable', `%s, ${verification}`),
    async (alg) => {
      const { gateway, state, token, proof } = open(alg, verification)
      const twin = otherSignature(token, alg) ?? ''
      const admitted = await send(gateway, token, proof(token))
      expect(await send(gateway, twin, proof(twin)), 'the twin is the same token').toBe(admitted)
      expect(await send(gateway, twin, proof(token)), 'a proof for one is none for the other').toBe(
        'gateway.proof-invalid',
      )

      const first = proof(token)
      const second = otherSignature(first, alg) ?? ''
      expect(await send(gateway, token, second)).toBe(admitted)
      expect(await send(gateway, token, first), 'the twin of a proof uses it up').toBe('gateway.proof-replayed')

      const id = admitted.replace('admitted ', '')
      await state.revocations.revoke(revocableName({ token: { issuer: ISSUER, id } }), NOW * 1000)
      for (const either of [token, twin]) {
        expect(await send(gateway, either, proof(either))).toBe('gateway.token-revoked')
      }
    },
  )
})
