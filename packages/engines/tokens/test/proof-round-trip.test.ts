import {
  createProofKey,
  createProofVerifier,
  createSigningKey,
  type SigningKey,
  signProof,
  thumbprint,
} from '@lockstep/tokens'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'

const verifier = createProofVerifier()
const accessToken = 'any.token.here'

async function verdict(key: SigningKey, signed: { method: string; url: string }, asked = signed) {
  const proofJwt = await signProof(key, { ...signed, accessToken })
  const outcome = await verifier.verify({ proofJwt, ...asked, accessToken, thumbprint: key.thumbprint })
  return outcome.ok ? 'ok' : outcome.denial.code
}

test.each(['ES256', 'EdDSA'] as const)(proves('gateway:proof:round-trip', '%s'), async (algorithm) => {
  const key = await createSigningKey({ algorithm })
  expect(await verdict(key, { method: 'POST', url: 'https://mcp.example/mcp' })).toBe('ok')
})

test(proves('gateway:proof:round-trip', 'any URL'), async () => {
  const key = await createProofKey()
  const url = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] })
  await fc.assert(
    fc.asyncProperty(url, fc.constantFrom('GET', 'POST', 'DELETE'), async (url, method) => {
      expect(await verdict(key, { method, url })).toBe('ok')
    }),
    { numRuns: runs(60) },
  )
})

describe('URLs', () => {
  const signed = { method: 'POST', url: 'https://mcp.example/mcp' }
  test.each([
    ['https://mcp.example:443/mcp', 'ok'],
    ['https://MCP.example/mcp?query', 'ok'],
    ['https://mcp.example/mcp/', 'gateway.proof-invalid'],
    ['https://mcp.example./mcp', 'gateway.proof-invalid'],
    ['https://mcp.example:444/mcp', 'gateway.proof-invalid'],
    ['http://mcp.example/mcp', 'gateway.proof-invalid'],
    ['not a URL', 'gateway.proof-invalid'],
  ])(proves('gateway:proof:url', '%s'), async (url, expected) => {
    expect(await verdict(await createProofKey(), signed, { ...signed, url })).toBe(expected)
  })

  test(proves('gateway:proof:url', 'two different paths never match'), async () => {
    const key = await createProofKey()
    const path = fc.webPath()
    await fc.assert(
      fc.asyncProperty(path, path, async (left, right) => {
        const [one, other] = [`https://mcp.example${left || '/'}`, `https://mcp.example${right || '/'}`]
        const same = new URL(one).pathname === new URL(other).pathname
        const outcome = await verdict(key, { method: 'POST', url: one }, { method: 'POST', url: other })
        expect(outcome === 'ok').toBe(same)
      }),
      { numRuns: runs(60) },
    )
  })
})

test(proves('gateway:proof:round-trip', 'every proof is another one'), async () => {
  const key = await createProofKey()
  const request = { method: 'POST', url: 'https://mcp.example/mcp', accessToken }
  expect(await signProof(key, request)).not.toBe(await signProof(key, request))
  expect(await thumbprint(key.publicJwk)).toBe(key.thumbprint)
})
