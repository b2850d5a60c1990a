import type { Attack, Attacks } from './attack.ts'
import { pair, sha256 } from './forge.ts'
import { createWorld, type Deviation, NOW, type World } from './world.ts'

const P = 'P'
const OK = 'OK'
const stranger = pair()
const unasked = (says: string, nonce: unknown): Attack => ({
  says,
  send: () => ({ proofClaims: { nonce } }),
  expect: OK,
})

/** The thumbprint is over the DER as it was sent, whatever it says. */
const CERTIFICATE = { leaf: Buffer.from('certificate'), intermediates: [] }
const CERTIFIED = { 'x5t#S256': sha256('certificate') }

/** A token that is bound to the agent's key and to a certificate. */
const both = (says: string, deviation: Deviation, expect: string): Attack => ({
  says,
  world: { proof: { certificates: 'accepted' } },
  send: (w) => ({
    claims: { cnf: { jkt: w.agentKey.jkt, ...CERTIFIED } },
    certificate: CERTIFICATE,
    ...deviation,
  }),
  expect,
})

/** The nonce that a server hands out now, to an honest agent that has none. */
async function askNonce(w: World): Promise<string> {
  const nonce = w.offered(await w.admit())
  if (nonce === undefined) throw new Error('no nonce was asked for')
  return nonce
}

const demanding = { proof: { nonce: 'required' }, nonceKey: Buffer.alloc(32, 7) } as const
const nonceAfter = (says: string, seconds: number, expect: string): Attack => ({
  says,
  world: demanding,
  expect,
  send: async (w) => {
    const nonce = await askNonce(w)
    w.setNow(NOW + seconds)
    return w.admit({ proofClaims: { nonce } })
  },
})

/** Attacks on certificates and nonces, by case of the corpus. */
export const possessionAttacks: Attacks = {
  T80: [
    {
      says: 'where certificates are not accepted',
      send: (w) => ({ claims: { cnf: { jkt: w.agentKey.jkt, ...CERTIFIED } }, certificate: CERTIFICATE }),
      expect: 'T',
    },
    both('both hold', {}, OK),
    both('no certificate', { certificate: undefined }, 'T'),
    both('another certificate', { certificate: { leaf: Buffer.from('other'), intermediates: [] } }, 'T'),
    both('another key', { proofKey: stranger }, 'T'),
    both('no proof', { proof: [] }, P),
    both('under the Bearer scheme', { scheme: 'Bearer' }, 'T'),
  ],
  T124: [{ says: 'none', world: demanding, send: () => ({}) }],
  T125: [
    ...['', 'x', 7, ['x'], null].map((nonce) => ({
      says: `wrong: ${JSON.stringify(nonce)}`,
      world: demanding,
      send: () => ({ proofClaims: { nonce } }),
    })),
    nonceAfter('at once', 0, OK),
    nonceAfter('the one before', 120, OK),
    nonceAfter('expired', 240, 'U'),
    nonceAfter('of the future', -120, 'U'),
    {
      says: 'of an instance with another key',
      world: demanding,
      expect: 'U',
      send: async (w) =>
        w.admit({
          proofClaims: { nonce: await askNonce(createWorld({ ...demanding, nonceKey: Buffer.alloc(32, 8) })) },
        }),
    },
    {
      says: 'of another resource with the same key',
      world: demanding,
      expect: 'U',
      send: async (w) => {
        const other = createWorld({ ...demanding, resource: 'https://other.example/mcp' })
        const claims = { aud: 'https://other.example/mcp' }
        const asked = await other.admit({ claims, proofClaims: { htu: 'https://other.example/mcp' } })
        const nonce = other.offered(asked)
        if (nonce === undefined) throw new Error('no nonce was asked for')
        return w.admit({ proofClaims: { nonce } })
      },
    },
  ],
  T127: [unasked('a text', 'x'), unasked('no text', 7)],
  T128: [
    { says: 'old', send: () => ({ proofClaims: { nonce: 'x', iat: NOW - 301 } }) },
    ...[-301, -61, 61].map(
      (offset): Attack => ({
        says: `good nonce, iat ${offset}`,
        world: demanding,
        expect: P,
        send: async (w) => w.admit({ proofClaims: { nonce: await askNonce(w), iat: NOW + offset } }),
      }),
    ),
  ],
}
