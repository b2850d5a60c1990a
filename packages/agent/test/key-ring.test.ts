import { createKeyRing, createProofKey, exportSigningKey, importSigningKey } from '@lockstep/agent'
import { createProofVerifier, signProof } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const RESOURCE = 'https://mcp.example/mcp'
const ISSUER = 'https://as.example'

test(proves('agent:keys'), async () => {
  const ring = await createKeyRing()
  const key = await ring.keyFor(RESOURCE, ISSUER)
  expect(key.algorithm).toBe('ES256')
  const [again, other, elsewhere] = await Promise.all([
    ring.keyFor(new URL('HTTPS://MCP.example:443/mcp'), `${ISSUER}/`),
    ring.keyFor('https://mcp.example/other', ISSUER),
    ring.keyFor(RESOURCE, 'https://other.example'),
  ])
  expect(again).toBe(key)
  expect(new Set([key, other, elsewhere].map(({ thumbprint }) => thumbprint)).size).toBe(3)
  const racers = await Promise.all([1, 2].map(() => ring.keyFor(RESOURCE, 'https://raced.example')))
  expect(racers[0], 'asked for at once').toBe(racers[1])
  await expect(ring.keyFor('no url', ISSUER)).rejects.toThrow(TypeError)
})

test.each(['ES256', 'EdDSA'] as const)(proves('agent:keys', 'kept, %s'), async (algorithm) => {
  const ring = await createKeyRing({ algorithm, extractable: true })
  const key = await ring.keyFor(RESOURCE, ISSUER)
  const kept = JSON.parse(JSON.stringify(await ring.export()))
  const restored = await createKeyRing({ algorithm, extractable: true, kept })
  const same = await restored.keyFor(RESOURCE, ISSUER)
  expect(same.thumbprint).toBe(key.thumbprint)
  const request = { method: 'GET', url: RESOURCE, accessToken: 'token' }
  const proofJwt = await signProof(same, request)
  const verified = await createProofVerifier().verify({ ...request, proofJwt, thumbprint: key.thumbprint })
  expect(verified).toMatchObject({ ok: true, value: { jkt: key.thumbprint } })
  expect(await restored.export(), 'it may be kept again').toEqual(kept)
})

test(proves('agent:keys', 'not to be kept'), async () => {
  const ring = await createKeyRing()
  await ring.keyFor(RESOURCE, ISSUER)
  await expect(ring.export()).rejects.toThrow('not made extractable')
  const kept = { [`${RESOURCE} ${ISSUER}/`]: await exportSigningKey(await createProofKey({ extractable: true })) }
  const restored = await createKeyRing({ kept })
  await expect(restored.export(), 'a key that was read is not read again unless asked for').rejects.toThrow(TypeError)
  const [jwk] = Object.values(kept)
  if (!jwk) throw new Error('a key was kept')
  await expect(createKeyRing({ kept: { a: { ...jwk, d: 'CANARY' } } })).rejects.toThrow(/^expected a private/)
  await expect(exportSigningKey(await importSigningKey(jwk))).rejects.toThrow(TypeError)
})

test(proves('agent:keys', 'misspelt options'), async () => {
  await expect(createKeyRing(Object.assign({ extractable: true }, { extractible: true }))).rejects.toThrow(
    'unknown option `extractible`',
  )
  await expect(createProofKey(Object.assign({ extractable: true }, { alg: 'EdDSA' }))).rejects.toThrow(
    'unknown option `alg`',
  )
})
