/**
 * What MCP's extension for DPoP grades a server by (SEP-1932), and what FAPI 2.0 wants tolerated, over HTTP and to the letter of the challenge.
 *
 * @see https://github.com/modelcontextprotocol/modelcontextprotocol/pull/1932
 */
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { es, freshId, hs, jws, pair, type Sign, sha256, unsigned } from '../../packages/layers/1-gateway/test/forge.ts'
import { type Deviation, NOW, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import { expectRefused } from '../fixtures/corpus/expect-refused.ts'
import { type HttpWorld, openHttpWorld } from '../fixtures/corpus/http-world.ts'
import { proves } from '../requirements/index.ts'

const TAIL = `algs="ES256 EdDSA", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"`
const P = `DPoP error="invalid_dpop_proof", error_description="the DPoP proof is not valid", ${TAIL}`
const T = (says: string) => `DPoP error="invalid_token", error_description="${says}", ${TAIL}`

let world: HttpWorld
beforeAll(async () => {
  world = await openHttpWorld()
})
afterAll(() => world.close())

/** Sends one request and tells its status and its challenge. */
async function send(deviation: Deviation) {
  const outcome = await world.admit(deviation)
  const exchange = world.exchanges.at(-1)
  if (!exchange) throw new Error('nothing was sent')
  const { status, headers } = exchange.reply
  return { outcome, exchange, status, challenge: headers.find(([name]) => name === 'www-authenticate')?.[1] }
}

const claim = (name: string, value?: unknown): Deviation => ({ proofClaims: { [name]: value } })
const header = (name: string, value?: unknown): Deviation => ({ proofHeader: { [name]: value } })

const eddsa = generateKeyPairSync('ed25519')
const okp = eddsa.publicKey.export({ format: 'jwk' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = pair()

/** A proof under another algorithm, by a key of its kind. */
const proofBy = (alg: string, jwk: object, signer: Sign) => (): Deviation => {
  const token = world.token()
  const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) }
  return { token, proof: jws({ alg, typ: 'dpop+jwt', jwk }, claims, signer) }
}
const rsaJwk = { ...rsa.publicKey.export({ format: 'jwk' }) }

const failures: readonly (readonly [string, Deviation | (() => Deviation)])[] = [
  ...['jti', 'htm', 'htu', 'iat', 'ath'].map((name) => [`no ${name}`, claim(name)] as const),
  ...['typ', 'alg', 'jwk'].map((name) => [`no ${name}`, header(name)] as const),
  ['another typ', header('typ', 'JWT')],
  ['another htu', claim('htu', 'https://mcp.example/other')],
  ['another host', claim('htu', 'https://other.example/mcp')],
  ['another htm', claim('htm', 'GET')],
  ['the ath of another token', claim('ath', sha256('another'))],
  [
    'an ath in hexadecimal',
    () => {
      const token = world.token()
      return { token, proofClaims: { ath: Buffer.from(sha256(token), 'base64url').toString('hex') } }
    },
  ],
  ['iat 303 s ago', claim('iat', NOW - 303)],
  ['iat in 303 s', claim('iat', NOW + 303)],
  ['iat an hour ago', claim('iat', NOW - 3600)],
  ['iat in an hour', claim('iat', NOW + 3600)],
  ['a private jwk', () => header('jwk', world.agentKey.privateKey.export({ format: 'jwk' }))],
  ['alg none', proofBy('none', stranger.jwk, unsigned)],
  ['HS256', proofBy('HS256', { kty: 'oct', k: 'c2VjcmV0' }, hs('secret'))],
  ['RS256', proofBy('RS256', rsaJwk, (input) => sign('sha256', Buffer.from(input), rsa.privateKey))],
  [
    'PS256',
    proofBy('PS256', rsaJwk, (input) =>
      sign('sha256', Buffer.from(input), {
        key: rsa.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      }),
    ),
  ],
  [
    'signed by another key than its jwk',
    () => {
      const token = world.token()
      const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) }
      return {
        token,
        proof: jws({ alg: 'ES256', typ: 'dpop+jwt', jwk: world.agentKey.jwk }, claims, es(stranger.privateKey)),
      }
    },
  ],
  ['not a JWT', { proof: 'not-a-jwt' }],
  ['empty', { proof: '' }],
  [
    'two headers',
    () => {
      const token = world.token()
      return { token, proof: [world.proof(token), world.proof(token)] }
    },
  ],
]
test.each(failures)(proves('attacks:sep-1932', 'a proof: %s'), async (_, deviation) => {
  const { status, challenge, exchange } = await send(typeof deviation === 'function' ? deviation() : deviation)
  expect({ status, challenge }).toEqual({ status: 401, challenge: P })
  expectRefused(exchange)
})

const others: readonly (readonly [string, () => Deviation, string])[] = [
  ['no credentials', () => ({ headers: [] }), `DPoP ${TAIL}`],
  ['another scheme', () => ({ headers: [['Authorization', 'Basic YTpi']] }), `DPoP ${TAIL}`],
  [
    'no proof',
    () => ({ proof: [] }),
    `DPoP error="invalid_dpop_proof", error_description="the access token is bound to a key and no proof was sent", ${TAIL}`,
  ],
  [
    'the key of somebody else',
    () => ({ proofKey: stranger }),
    T('the proof was made with another key than the token is bound to'),
  ],
  [
    'a bound token as a bearer',
    () => ({ scheme: 'Bearer', proof: [] }),
    T('the access token is bound to a key and was sent as a bearer token'),
  ],
  [
    'a bound token as a bearer with a proof',
    () => ({ scheme: 'Bearer' }),
    T('the access token is bound to a key and was sent as a bearer token'),
  ],
  [
    'an unbound token as a bearer',
    () => ({ scheme: 'Bearer', proof: [], claims: { cnf: undefined } }),
    T('the access token is not bound to a key'),
  ],
  [
    'an unbound token with a proof',
    () => ({ claims: { cnf: undefined } }),
    T('the access token is not bound to a key'),
  ],
  [
    'another audience and a good proof',
    () => ({ claims: { aud: 'https://other.example/mcp' } }),
    T('the access token is not valid'),
  ],
  ['an expired token and a good proof', () => ({ claims: { exp: NOW - 1 } }), T('the access token has expired')],
]
test.each(others)(proves('attacks:sep-1932', '%s'), async (_, deviation, expected) => {
  const { status, challenge, exchange } = await send(deviation())
  expect({ status, challenge }).toEqual({ status: 401, challenge: expected })
  expectRefused(exchange)
})

test(proves('attacks:sep-1932', 'a proof twice'), async () => {
  const token = world.token()
  const proof = world.proof(token)
  expect((await send({ token, proof })).status).toBe(200)
  const { status, challenge } = await send({ token, proof })
  expect({ status, challenge }).toEqual({
    status: 401,
    challenge: `DPoP error="invalid_dpop_proof", error_description="the DPoP proof was used before", ${TAIL}`,
  })
})

const spelled = (authorization: string, dpop: string, scheme: string) => (): Deviation => {
  const token = world.token()
  return {
    headers: [
      [authorization, `${scheme} ${token}`],
      [dpop, world.proof(token)],
    ],
  }
}
const tolerated: readonly (readonly [string, Deviation | (() => Deviation)])[] = [
  ['iat 10 s ago', claim('iat', NOW - 10)],
  ['iat in 10 s', claim('iat', NOW + 10)],
  ['a query in htu', claim('htu', `${RESOURCE}?a=b`)],
  ['a fragment in htu', claim('htu', `${RESOURCE}#a`)],
  ['scheme and host in capitals', claim('htu', 'HTTPS://MCP.Example/mcp')],
  ['the default port', claim('htu', 'https://mcp.example:443/mcp')],
  ['headers in lower case', spelled('authorization', 'dpop', 'dpop')],
  ['headers in capitals', spelled('AUTHORIZATION', 'DPOP', 'DPOP')],
  ['claims that nobody knows', claim('client_note', { a: [1] })],
  ['header members that nobody knows', header('note', 'x')],
  ['nbf and exp', { proofClaims: { nbf: NOW - 5, exp: NOW + 30 } }],
  ['a nonce that nobody asked for', claim('nonce', 'x')],
  [
    'EdDSA',
    () => {
      const jkt = sha256(JSON.stringify({ crv: okp.crv, kty: okp.kty, x: okp.x }))
      const token = world.token({ cnf: { jkt } })
      const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) }
      const signer: Sign = (input) => sign(null, Buffer.from(input), eddsa.privateKey)
      return { token, proof: jws({ alg: 'EdDSA', typ: 'dpop+jwt', jwk: okp }, claims, signer) }
    },
  ],
]
test.each(tolerated)(proves('attacks:fapi-tolerated', '%s'), async (_, deviation) => {
  const { status, challenge, exchange } = await send(typeof deviation === 'function' ? deviation() : deviation)
  expect({ status, challenge, ran: exchange.ran }).toEqual({ status: 200, challenge: undefined, ran: 1 })
})
