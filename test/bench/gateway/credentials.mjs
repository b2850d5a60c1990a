import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'

/** Who issues, for which resource, and how many clients there are: 200 access tokens, each bound to a key of its own. */
export const ISSUER = 'https://issuer.bench.test'
export const RESOURCE = 'http://bench.test/mcp'
const CLIENTS = 200
export const ACTOR = 'spiffe://bench.test/agents/planner'
const SCOPE = 'expenses:read expenses:approve'

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

/** A compact JWS by node:crypto: ES256. */
function signJws(header, payload, privateKey) {
  const input = `${encode(header)}.${encode(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

function createKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return { jwk: { kty, crv, x, y }, publicKey, privateKey, thumbprint }
}

/** An issuer with its published keys, and clients with access tokens of about 900 bytes (RFC 9068, ES256, bound by DPoP). */
export function createCredentials() {
  const key = createKey()
  const jwks = { keys: [{ ...key.jwk, kid: 'bench', alg: 'ES256', use: 'sig' }] }
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const client = createKey()
    const claims = {
      iss: ISSUER,
      aud: RESOURCE,
      sub: `auth0|5f7c8ec7c33c6c004bbafe${String(index).padStart(2, '0')}`,
      client_id: 'planner-client-of-the-bench',
      jti: randomUUID(),
      iat: now(),
      exp: now() + 3_600,
      auth_time: now() - 60,
      acr: 'urn:bench:mfa',
      scope: SCOPE,
      act: { sub: ACTOR },
      cnf: { jkt: client.thumbprint },
      groups: ['finance', 'managers', 'emea'],
    }
    return { ...client, token: signJws({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' }, claims, key.privateKey) }
  })
  return { jwks, clients, publicKey: key.publicKey }
}

/** Fresh DPoP proofs for so many requests, one client after the other. */
export function signProofs(clients, count) {
  return Array.from({ length: count }, (_, index) => {
    const client = clients[index % clients.length]
    const claims = {
      jti: randomUUID(),
      htm: 'POST',
      htu: RESOURCE,
      iat: now(),
      ath: createHash('sha256').update(client.token).digest('base64url'),
    }
    const proof = signJws({ alg: 'ES256', typ: 'dpop+jwt', jwk: client.jwk }, claims, client.privateKey)
    return { client, proof }
  })
}
