import { createHash, type JsonWebKey } from 'node:crypto'
import { readPublicJwk, thumbprint } from '@lockstep/tokens'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import {
  ALGORITHM_KEYS,
  type AlgorithmKey,
  AUDIENCE,
  bothOfProofs,
  bothOfTokens,
  bothOfTxnTokens,
  ISSUER,
  signWith,
} from './two-verifications.ts'
import { CLAIMS, NOW } from './txn-token-fixture.ts'

const clock = () => NOW * 1000
const claims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user:alice',
  client_id: 'planner',
  jti: 'id-1',
  iat: NOW - 5,
  exp: NOW + 300,
}
const TYPE = { typ: 'at+jwt' }
const ath = createHash('sha256').update('token').digest('base64url')
const proofClaims = { jti: 'p', htm: 'POST', htu: AUDIENCE, iat: NOW, ath }
const byAlgorithm = ALGORITHM_KEYS.map((key) => [key.algorithm, key] as const)

/** A text with every one of its characters replaced in turn, by its neighbor and by a character that means something. */
function* mutations(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    for (const other of [String.fromCharCode(text.charCodeAt(at) + 1), '.=A_'[at % 4]]) {
      if (other !== text[at]) yield text.slice(0, at) + other + text.slice(at + 1)
    }
  }
}

/** As the algorithm demands, or, where the key cannot, as the key can. */
function signAnyhow(signer: Pick<AlgorithmKey, 'algorithm' | 'privateKey'>, header: object, payload: object): string {
  try {
    return signWith(signer, header, payload)
  } catch {
    const { algorithm: alg, privateKey } = signer
    const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'ES256'
    return signWith({ algorithm, privateKey }, { ...header, alg }, payload)
  }
}

async function requestWith({ jwk }: Pick<AlgorithmKey, 'jwk'>, proofJwt: string) {
  const read = readPublicJwk(jwk)
  return {
    proofJwt,
    method: 'POST',
    url: AUDIENCE,
    accessToken: 'token',
    thumbprint: read ? await thumbprint(read) : 'none',
  }
}

describe('every algorithm, every character', () => {
  test.each(byAlgorithm)(proves('gateway:verification:alike', 'access token, %s'), async (algorithm, key) => {
    const ask = bothOfTokens([key.jwk], [algorithm], clock)
    const token = signWith(key, TYPE, claims)
    for (let time = 0; time < 3; time += 1) expect((await ask(token)).ok).toBe(true)
    let refused = 0
    for (const altered of mutations(token)) refused += Number(!(await ask(altered)).ok)
    // Nothing but the original is accepted, and the original still is.
    expect(refused).toBe([...mutations(token)].length)
    expect((await ask(token)).ok).toBe(true)
  })

  test.each(byAlgorithm)(proves('gateway:verification:alike', 'proof, %s'), async (algorithm, key) => {
    const ask = bothOfProofs([algorithm], clock)
    const proof = signWith(key, { typ: 'dpop+jwt', jwk: key.jwk }, proofClaims)
    for (let time = 0; time < 3; time += 1) expect((await ask(await requestWith(key, proof))).ok).toBe(true)
    for (const altered of mutations(proof)) expect((await ask(await requestWith(key, altered))).ok).toBe(false)
    expect((await ask(await requestWith(key, proof))).ok).toBe(true)
  })

  test.each(byAlgorithm.filter(([name]) => name === 'ES256' || name === 'EdDSA'))(
    proves('gateway:verification:alike', 'transaction token, %s'),
    async (_, key) => {
      const ask = bothOfTxnTokens([{ ...key.jwk, kid: 'k' }], clock)
      const jwt = signWith(key, { typ: 'txntoken+jwt', kid: 'k' }, CLAIMS)
      expect((await ask(jwt)).ok).toBe(true)
      for (const altered of mutations(jwt)) expect((await ask(altered)).ok).toBe(false)
    },
  )
})

describe('keys and signatures that do not belong together', () => {
  const crossed = ALGORITHM_KEYS.flatMap(({ privateKey, jwk }) =>
    ALGORITHM_KEYS.map(({ algorithm }) => ({ privateKey, jwk, algorithm })),
  )

  test(proves('gateway:verification:alike', 'every key under every algorithm'), async () => {
    const all = ALGORITHM_KEYS.map(({ algorithm }) => algorithm)
    const proofs = bothOfProofs(all, clock)
    let accepted = 0
    for (const signer of crossed) {
      const tokens = bothOfTokens([signer.jwk], all, clock)
      const token = await tokens(signAnyhow(signer, TYPE, claims))
      const proof = signAnyhow(signer, { typ: 'dpop+jwt', jwk: signer.jwk }, proofClaims)
      const proved = await proofs(await requestWith(signer, proof))
      expect(proved.ok).toBe(token.ok)
      accepted += Number(token.ok)
    }
    // Each curve under its own, EdDSA under either of its names, and an RSA key that names no algorithm under all six.
    expect(accepted).toBe(3 + 2 * 2 + 6 * 6)
  })

  test.each(byAlgorithm.filter(([name]) => name.startsWith('PS')))(
    proves('gateway:verification:alike', '%s with a salt of another length'),
    async (algorithm, key) => {
      const ask = bothOfTokens([key.jwk], [algorithm], clock)
      for (const salt of [0, 20, 33]) expect((await ask(signWith(key, TYPE, claims, salt))).ok).toBe(false)
    },
  )

  test.each(byAlgorithm)(proves('gateway:verification:alike', '%s of another length'), async (algorithm, key) => {
    const ask = bothOfTokens([key.jwk], [algorithm], clock)
    const [head = '', payload = '', segment = ''] = signWith(key, TYPE, claims).split('.')
    const signature = Buffer.from(segment, 'base64url')
    const others = [
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), signature]),
      Buffer.alloc(signature.length),
      Buffer.alloc(1),
      Buffer.alloc(signature.length, 0xff),
    ]
    for (const other of others) {
      expect((await ask(`${head}.${payload}.${other.toString('base64url')}`)).ok).toBe(false)
    }
  })

  test.each(byAlgorithm.filter(([name]) => /^[RP]S/.test(name)))(
    proves('gateway:verification:alike', '%s without its leading zero'),
    async (algorithm, key) => {
      const ask = bothOfTokens([key.jwk], [algorithm], clock)
      // One signature in 256 begins with a zero byte.
      for (let jti = 0; ; jti += 1) {
        const token = signWith(key, TYPE, { ...claims, jti: String(jti) })
        const [head = '', payload = '', segment = ''] = token.split('.')
        const signature = Buffer.from(segment, 'base64url')
        if (signature[0] !== 0) continue
        expect((await ask(token)).ok).toBe(true)
        expect((await ask(`${head}.${payload}.${signature.subarray(1).toString('base64url')}`)).ok).toBe(false)
        return
      }
    },
  )

  const embedded: [string, (jwk: JsonWebKey) => object | undefined][] = [
    ['off its curve', (jwk) => ({ ...jwk, y: jwk.x })],
    ['of another curve', (jwk) => ({ ...jwk, crv: 'P-384' })],
    ['with a private member', (jwk) => ({ ...jwk, d: jwk.x })],
    ['for encryption', (jwk) => ({ ...jwk, use: 'enc', key_ops: ['deriveKey'] })],
    ['for another algorithm', (jwk) => ({ ...jwk, alg: 'ES384' })],
    ['with other members', (jwk) => ({ ...jwk, ext: 'no', x5c: ['none'], kid: 5 })],
    ['absent', () => undefined],
  ]
  test.each(embedded)(proves('gateway:verification:alike', 'a proof key %s'), async (_, change) => {
    const ask = bothOfProofs(['ES256', 'ES384'], clock)
    const [key] = ALGORITHM_KEYS
    if (!key) throw new Error('no key')
    const proof = signWith(key, { typ: 'dpop+jwt', jwk: change(key.jwk) }, proofClaims)
    for (let time = 0; time < 2; time += 1) await ask(await requestWith(key, proof))
  })
})

describe('whatever is signed', () => {
  const strange = fc.oneof(fc.double(), fc.constantFrom(null, '1'))
  const around = (min: number, max: number) =>
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: NOW + min, max: NOW + max }) }, strange)
  const past = around(-60, 60)
  const times = fc.record({ iat: past, exp: around(-10, 300), nbf: past, auth_time: past }, { requiredKeys: [] })
  const oddity = fc.dictionary(
    fc.constantFrom('sub', 'aud', 'scope', 'act', 'cnf', 'jti', 'acr', 'client_id', 'iss', 'other'),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string(), { maxLength: 2 })),
    { maxKeys: 1 },
  )
  const changes = fc.tuple(times, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, oddity))
  const moments = fc.array(fc.integer({ min: NOW - 20, max: NOW + 320 }), { minLength: 1, maxLength: 5 })
  const [key] = ALGORITHM_KEYS

  test(proves('gateway:verification:alike', 'at any time, in any order of times'), async () => {
    if (!key) throw new Error('no key')
    let now = NOW
    let accepted = 0
    const ask = bothOfTokens([key.jwk], ['ES256'], () => now * 1000)
    await fc.assert(
      fc.asyncProperty(changes, moments, async ([when, odd], asked) => {
        const token = signWith(key, TYPE, { ...claims, ...when, ...odd })
        for (now of asked) accepted += Number((await ask(token)).ok)
      }),
      { numRuns: runs(500) },
    )
    expect(accepted).toBeGreaterThan(50)
  })

  test(proves('gateway:verification:alike', 'proofs at any time'), async () => {
    if (!key) throw new Error('no key')
    let now = NOW
    let accepted = 0
    const ask = bothOfProofs(['ES256'], () => now * 1000)
    await fc.assert(
      fc.asyncProperty(changes, moments, async ([when, odd], asked) => {
        const proof = signWith(key, { typ: 'dpop+jwt', jwk: key.jwk }, { ...proofClaims, ...when, ...odd })
        for (now of asked) accepted += Number((await ask(await requestWith(key, proof))).ok)
      }),
      { numRuns: runs(500) },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})
