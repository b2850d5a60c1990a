import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { sha256 } from '../../packages/layers/1-gateway/test/forge.ts'
import { ISSUER, NOW, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'

/** One request: an access token and the DPoP proof that is sent along. */
export interface Specimen {
  readonly token: string
  readonly proof: string
}

const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519']
const CLAIMS = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id']

/** A server that checks everything that jose can check, and RFC 9449 section 4.3 by hand, without remembering anything. */
export async function acceptedByJose({ token, proof }: Specimen, keys: readonly JWK[]): Promise<boolean> {
  try {
    // Both libraries tolerate clocks: jose as far as it is told, oauth4webapi by 30 seconds.
    const clocks = { currentDate: new Date(NOW * 1000), clockTolerance: 10 }
    const strict = { issuer: ISSUER, audience: RESOURCE, typ: 'at+jwt', algorithms: ALGORITHMS, ...clocks }
    const { payload } = await jwtVerify<{ cnf?: { jkt?: string } }>(token, createLocalJWKSet({ keys: [...keys] }), {
      ...strict,
      requiredClaims: CLAIMS,
    })
    const shown = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ALGORITHMS, ...clocks })
    const jkt = await calculateJwkThumbprint(shown.protectedHeader.jwk ?? {})
    return jkt === payload.cnf?.jkt && fits(shown.payload, token)
  } catch {
    return false
  }
}

function fits({ jti, iat, htm, htu, ath }: JWTPayload, token: string): boolean {
  const recent = typeof iat === 'number' && Math.abs(NOW - iat) <= 300
  if (typeof jti !== 'string' || typeof htu !== 'string') return false
  return recent && htm === 'POST' && plainUrl(htu) === RESOURCE && ath === sha256(token)
}

function plainUrl(htu: string): string {
  const { protocol, host, pathname } = new URL(htu)
  return `${protocol}//${host}${pathname}`
}

/** The resource server of oauth4webapi, with our clock. */
export async function acceptedByOauth4webapi({ token, proof }: Specimen, keys: readonly JWK[]): Promise<boolean> {
  try {
    const headers = { authorization: `DPoP ${token}`, dpop: proof }
    const request = new Request(RESOURCE, { method: 'POST', headers })
    const server = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
    await oauth.validateJwtAccessToken(server, request, RESOURCE, {
      signingAlgorithms: ALGORITHMS,
      [oauth.clockSkew]: NOW - Math.floor(Date.now() / 1000),
      [oauth.customFetch]: async () => Response.json({ keys }),
    })
    return true
  } catch {
    return false
  }
}
