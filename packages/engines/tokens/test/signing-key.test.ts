import { createSigningKey, exportSigningKey, importSigningKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'

test.each(['ES256', 'EdDSA'] as const)(proves('gateway:proof:round-trip', 'a persisted %s key'), async (algorithm) => {
  const key = await createSigningKey({ algorithm, extractable: true })
  const kept = await importSigningKey(JSON.parse(JSON.stringify(await exportSigningKey(key))))
  expect(kept).toMatchObject({ algorithm, thumbprint: key.thumbprint, publicJwk: key.publicJwk })
  expect(key.publicJwk).not.toHaveProperty('d')
})

test(proves('gateway:keys:unfit', 'a signing key that is none'), async () => {
  const closed = await createSigningKey()
  await expect(exportSigningKey(closed)).rejects.toThrow(TypeError)
  const [one, other] = [await createSigningKey({ extractable: true }), await createSigningKey({ extractable: true })]
  const jwk = await exportSigningKey(one)
  const { d } = await exportSigningKey(other)
  for (const unfit of [
    {},
    { ...jwk, d },
    { ...jwk, d: undefined },
    { ...jwk, alg: 'HS256' },
    { kty: 'oct', k: 'AA', alg: 'ES256' },
  ]) {
    const error = await importSigningKey(unfit as typeof jwk).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).not.toContain(String(jwk.d))
  }
})
