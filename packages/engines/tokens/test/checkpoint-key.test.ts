import { createCheckpointKey, importCheckpointKey, verifyCheckpoint } from '@lockstep/tokens'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'

test(proves('gateway:checkpoint:signature'), async () => {
  const key = await createCheckpointKey()
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (payload, at) => {
      const signature = key.sign(payload)
      expect(signature).toHaveLength(64)
      expect(verifyCheckpoint(key.publicJwk(), payload, signature)).toBe(true)
      const flipped = Uint8Array.from(payload)
      flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ 1
      expect(verifyCheckpoint(key.publicJwk(), flipped, signature)).toBe(false)
      const bent = Uint8Array.from(signature)
      bent[at % 64] = (bent[at % 64] ?? 0) ^ 1
      expect(verifyCheckpoint(key.publicJwk(), payload, bent)).toBe(false)
    }),
    { numRuns: runs(50) },
  )
})

test(proves('gateway:checkpoint:signature', 'persisted'), async () => {
  const key = await createCheckpointKey()
  const kept = await importCheckpointKey(JSON.parse(JSON.stringify(key.exportJwk())))
  expect(kept.kid).toBe(key.kid)
  expect(kept.publicJwk()).toEqual(key.publicJwk())
  expect(key.publicJwk()).not.toHaveProperty('d')
  const payload = Buffer.from('checkpoint')
  expect(verifyCheckpoint(key.publicJwk(), payload, kept.sign(payload))).toBe(true)
})

test(proves('gateway:checkpoint:signature', 'another key, and what is no key'), async () => {
  const [key, other] = [await createCheckpointKey(), await createCheckpointKey()]
  const payload = Buffer.from('checkpoint')
  expect(verifyCheckpoint(other.publicJwk(), payload, key.sign(payload))).toBe(false)
  expect(verifyCheckpoint({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, payload, key.sign(payload))).toBe(false)
  expect(verifyCheckpoint(key.exportJwk(), payload, key.sign(payload))).toBe(false)
  for (const jwk of [{}, key.publicJwk(), { ...key.exportJwk(), d: 'AA' }, { kty: 'oct', k: 'AA' }]) {
    await expect(importCheckpointKey(jwk)).rejects.toThrow(TypeError)
  }
})
