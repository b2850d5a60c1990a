import type { JsonWebKey } from 'node:crypto'
import { es, freshId, jws, type Part, type Sign, sha256 } from '../../packages/layers/1-gateway/test/forge.ts'
import { createWorld, NOW, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import type { Specimen } from './token-oracles.ts'

type Members = Record<string, unknown>

/** What to change about an honest request. */
export interface Change {
  readonly header?: Members
  readonly claims?: Members
  readonly proofHeader?: Members
  readonly proofClaims?: Members
  /** Changes the signed text of the claims. */
  readonly payload?: (text: string) => string | Buffer
  /** Changes the finished token, or asks for another signature; the proof is made for what comes out. */
  readonly token?: (token: string) => string | undefined
  /** Changes the finished proof. */
  readonly proof?: (proof: string) => string
  /** Another key for agent and proof: the token is bound to it. */
  readonly agent?: { readonly jwk: JsonWebKey; readonly jkt: string; readonly alg: string; readonly sign: Sign }
}

/** Makes requests, honest but for what is asked to differ, and the gateway that they are made for. */
export function createTokenKit() {
  const world = createWorld()
  const keys = [{ ...world.issuerKey.jwk, kid: 'as-1' }]
  const honest = { alg: 'ES256', sign: es(world.agentKey.privateKey), jwk: world.agentKey.jwk, jkt: world.agentKey.jkt }

  const make = (change: Change = {}): Specimen => {
    const { agent = honest, header, claims, proofHeader, proofClaims } = change
    const text = JSON.stringify({ ...world.claims({ cnf: { jkt: agent.jkt } }), ...claims })
    const part: Part | Buffer = change.payload?.(text) ?? text
    const head = { alg: 'ES256', typ: 'at+jwt', kid: 'as-1', ...header }
    const signed = () => signText(head, part, es(world.issuerKey.privateKey))
    let token = change.token ? change.token(signed()) : signed()
    while (token === undefined) token = change.token?.(signed())
    const proof = jws(
      { alg: agent.alg, typ: 'dpop+jwt', jwk: agent.jwk, ...proofHeader },
      { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token), ...proofClaims },
      agent.sign,
    )
    return { token, proof: change.proof?.(proof) ?? proof }
  }
  return { world, keys, make }
}

function signText(header: Members, payload: string | Buffer, sign: Sign): string {
  const input = [JSON.stringify(header), payload].map((part) => Buffer.from(part).toString('base64url')).join('.')
  return `${input}.${Buffer.from(sign(input)).toString('base64url')}`
}
