import { createPublicKey, verify } from 'node:crypto'
import { readPublicJwk } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { LOW_ORDER } from './low-order-keys.ts'

test(proves('gateway:keys:unfit', 'one signature that verifies for any message under a low-order key'), () => {
  // R = the identity and S = 0 satisfy S·B = R + h·A whenever h·A is the identity.
  const forged = Buffer.alloc(64)
  forged[0] = 1
  const accepted = LOW_ORDER.filter((hex) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') }
    expect(readPublicJwk(jwk)).toBeUndefined()
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      return Array.from({ length: 64 }, (_, count) => verify(null, Buffer.from(`any ${count}`), key, forged)).some(
        Boolean,
      )
    } catch {
      return false
    }
  })
  // The keys are not refused for nothing: this runtime takes forgeries under some of them, or it was repaired.
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major <= 20) expect(accepted.length).toBeGreaterThan(0)
})
