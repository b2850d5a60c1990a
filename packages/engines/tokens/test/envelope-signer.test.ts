import { createEnvelopeSigner, createSigningKey, type EnvelopeClaims, signJwt } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'

const NOW = 1_800_000_000
const claims: EnvelopeClaims = {
  jti: 'capability-1',
  sub: 'user:alice',
  act: { sub: 'spiffe://example/agents/planner-42' },
  cnf: { jkt: 'A'.repeat(43) },
  tool: 'approveExpense',
  descriptor: 'digest',
  limits: { anyOf: [{ dept: { oneOf: ['42'] }, amount: { atMost: 500_000 } }], complete: true },
  policy: 'v1',
  iat: NOW,
  exp: NOW + 60,
}

test(proves('gateway:envelope:round-trip'), async () => {
  let now = NOW
  const signer = await createEnvelopeSigner({ clock: () => now * 1000 })
  const jws = await signer.sign(claims)
  const [header, payload] = jws
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  expect(header).toEqual({ alg: 'ES256', typ: 'lockstep-capability+jwt', kid: signer.jwks().keys[0]?.kid })
  expect(payload).toEqual({ v: 1, ...claims })
  expect(await signer.verify(jws)).toEqual(claims)
  now = NOW + 60
  expect(await signer.verify(jws)).toBeUndefined()
})

test(proves('gateway:envelope:round-trip', 'after a rotation'), async () => {
  const [old, next] = [await createSigningKey(), await createSigningKey()]
  const clock = () => NOW * 1000
  const before = await createEnvelopeSigner({ keys: [old], clock })
  const after = await createEnvelopeSigner({ keys: [next, old], clock })
  expect(await after.verify(await before.sign(claims))).toEqual(claims)
  expect(await before.verify(await after.sign(claims))).toBeUndefined()
})

test(proves('gateway:envelope:round-trip', 'look-alikes'), async () => {
  const key = await createSigningKey()
  const signer = await createEnvelopeSigner({ keys: [key], clock: () => NOW * 1000 })
  const stated = { ...claims, act: { sub: 'a' }, cnf: { jkt: 'b' }, limits: { anyOf: [], complete: true } }
  const good = await signJwt(key, 'lockstep-capability+jwt', { v: 1, ...stated })
  expect(await signer.verify(good)).toEqual(stated)

  const stranger = await createSigningKey()
  const [header, , signature] = good.split('.')
  const wider = Buffer.from(JSON.stringify({ v: 1, ...stated, tool: 'other' })).toString('base64url')
  for (const forged of [
    await signJwt(key, 'lockstep-capability+jwt', { v: 2, ...stated }),
    await signJwt(key, 'lockstep-capability+jwt', stated),
    await signJwt(key, 'at+jwt', { v: 1, ...stated }),
    await signJwt(stranger, 'lockstep-capability+jwt', { v: 1, ...stated }),
    await signJwt({ ...stranger, thumbprint: key.thumbprint }, 'lockstep-capability+jwt', { v: 1, ...stated }),
    `${header}.${wider}.${signature}`,
    '',
    'x',
  ]) {
    expect(await signer.verify(forged)).toBeUndefined()
  }
})
