/** The two verifications side by side: whatever is asked of both must be answered alike. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  type Algorithm,
  createAccessTokenVerifier,
  createProofVerifier,
  createTxnTokenVerifier,
  type ProvedRequest,
  type Verification,
} from '@lockstep/tokens'
import { expect } from 'vitest'
import { TRUST_DOMAIN, TTS } from './txn-token-fixture.ts'

export const ISSUER = 'https://as.example'
export const AUDIENCE = 'https://mcp.example/mcp'

/** One key pair of each algorithm's kind. */
export interface AlgorithmKey {
  readonly algorithm: Algorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed: () => generateKeyPairSync('ed25519'),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

export const ALGORITHM_KEYS: readonly AlgorithmKey[] = (
  ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const
).map((algorithm) => {
  const kind = algorithm.startsWith('ES') ? (algorithm as 'ES256') : algorithm.startsWith('Ed') ? 'Ed' : 'RSA'
  const { privateKey, publicKey } = pairs[kind]()
  return { algorithm, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }) } }
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A compact JWS by node:crypto. `saltLength` is that of RSASSA-PSS, by default the one that the algorithm demands. */
export function signWith(
  { algorithm, privateKey }: Pick<AlgorithmKey, 'algorithm' | 'privateKey'>,
  header: object,
  payload: object,
  saltLength = Number(algorithm.slice(2)) / 8,
): string {
  const input = `${encode({ alg: algorithm, ...header })}.${encode(payload)}`
  const hash = algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`
  const pss = algorithm.startsWith('PS') ? { padding: 6, saltLength } : {}
  return `${input}.${sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363', ...pss }).toString('base64url')}`
}

const BOTH: readonly Verification[] = ['jose', 'fast']

/** Asks both, compares, and answers with what both said. The fast one remembers what it was asked before. */
async function agree<T, A>(verifiers: readonly { verify(asked: A): Promise<T> }[], asked: A): Promise<T> {
  const [one, other] = await Promise.all(verifiers.map((verifier) => verifier.verify(asked)))
  expect(other).toEqual(one)
  return one as T
}

/** Access tokens of one issuer with these keys and algorithms. */
export function bothOfTokens(keys: readonly object[], algorithms: readonly Algorithm[], clock: () => number) {
  const issuers = [{ issuer: ISSUER, jwks: { keys }, algorithms }]
  const verifiers = BOTH.map((verification) =>
    createAccessTokenVerifier({ issuers, audience: AUDIENCE, clock, verification }),
  )
  return (token: string) => agree(verifiers, token)
}

export function bothOfProofs(algorithms: readonly Algorithm[], clock: () => number) {
  const verifiers = BOTH.map((verification) => createProofVerifier({ algorithms, clock, verification }))
  return (request: ProvedRequest) => agree(verifiers, request)
}

export function bothOfTxnTokens(keys: readonly object[], clock: () => number) {
  const verifiers = BOTH.map((verification) =>
    createTxnTokenVerifier({ issuer: TTS, trustDomain: TRUST_DOMAIN, jwks: { keys }, clock, verification }),
  )
  return (jwt: string) => agree(verifiers, jwt)
}
