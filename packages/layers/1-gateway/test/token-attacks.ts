import { generateKeyPairSync } from 'node:crypto'
import type { Attacks } from './attack.ts'
import { b64, der, es, hs, malleate, otherSpelling, pair, twice, unsigned } from './forge.ts'
import { ISSUER, NOW, PLANNER, RESOURCE, type World } from './world.ts'

const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'as-1' }

/** The signature segment of an honest token, replaced. */
function resign(world: World, change: (signature: string) => string): { token: string } {
  const [header, payload, signature = ''] = world.token().split('.')
  return { token: `${header}.${payload}.${change(signature)}` }
}

const claims = (says: string, changes: Record<string, unknown>, expect?: string) => ({
  says,
  send: () => ({ claims: changes }),
  ...(expect ? { expect } : {}),
})
const header = (says: string, changes: Record<string, unknown>, expect?: string) => ({
  says,
  send: () => ({ tokenHeader: changes }),
  ...(expect ? { expect } : {}),
})
/** A payload as exact text, properly signed. */
const payload = (says: string, text: (honest: Record<string, unknown>) => string) => ({
  says,
  send: (world: World) => ({ token: world.rawToken(HEADER, text(world.claims())) }),
})

const stranger = pair()
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

/** Attacks on the access token, by case of the corpus. */
export const tokenAttacks: Attacks = {
  T1: [{ says: 'none', send: (w) => ({ token: w.token({}, { alg: 'none' }, unsigned) }) }],
  T2: ['NONE', 'nOnE'].map((alg) => ({ says: alg, send: (w) => ({ token: w.token({}, { alg }, unsigned) }) })),
  T4: [
    {
      says: 'the PEM',
      send: (w) => {
        const pem = w.issuerKey.publicKey.export({ type: 'spki', format: 'pem' })
        return { token: w.token({}, { alg: 'HS256' }, hs(pem)) }
      },
    },
  ],
  T5: [
    { says: 'x', send: (w) => ({ token: w.token({}, { alg: 'HS256' }, hs(String(w.issuerKey.jwk.x))) }) },
    {
      says: 'DER',
      send: (w) => {
        const spki = w.issuerKey.publicKey.export({ type: 'spki', format: 'der' })
        return { token: w.token({}, { alg: 'HS256' }, hs(spki)) }
      },
    },
  ],
  T7: [
    {
      says: 'though ES384 is allowed',
      world: { issuer: { algorithms: ['ES256', 'ES384'] } },
      send: (w) => ({ token: w.token({}, { alg: 'ES384' }, es(w.issuerKey.privateKey, 'sha384')) }),
    },
    {
      says: 'an algorithm that this issuer does not use',
      world: { issuer: { algorithms: ['PS256'] } },
      send: () => ({}),
    },
  ],
  T8: [
    header('a path', { kid: '../../dev/null' }),
    header('SQL', { kid: "' or 1=1; drop table keys --" }),
    header('a number', { kid: 1 }),
  ],
  T11: [
    {
      says: 'no kid',
      world: {
        issuer: {
          jwks: {
            keys: [
              { ...pair().jwk, kid: 'a' },
              { ...pair().jwk, kid: 'b' },
            ],
          },
        },
      },
      send: () => ({ tokenHeader: { kid: undefined } }),
    },
  ],
  T13: [
    {
      says: 'its own key',
      send: (w) => ({ token: w.token({}, { kid: undefined, jwk: stranger.jwk }, es(stranger.privateKey)) }),
    },
    {
      says: 'a jku of its own',
      send: (w) => ({ token: w.token({}, { jku: 'https://evil.example/jwks' }, es(stranger.privateKey)) }),
    },
  ],
  T14: [{ says: 'x5c', send: (w) => ({ token: w.token({}, { x5c: ['MIIB'] }, es(stranger.privateKey)) }) }],
  T16: [header('critical', { crit: ['b64'], b64: false }), header('unknown critical', { crit: ['exp'] })],
  T17: [header('b64 alone', { b64: false })],
  T19: [
    payload('sub', (honest) => twice(honest, 'sub', 'user:admin')),
    payload('nested', (honest) => JSON.stringify(honest).replace(/"act":\{/, '"act":{"sub":"x",')),
    payload('escaped', (honest) => JSON.stringify(honest).replace('{', '{"s\\u0075b":"user:admin",')),
  ],
  T20: [{ says: 'alg', send: (w) => ({ token: w.rawToken(twice(HEADER, 'alg', 'ES256'), w.claims()) }) }],
  T22: [
    {
      says: 'flattened',
      send: (w) => {
        const [head, body, signature] = w.token().split('.')
        return { token: JSON.stringify({ protected: head, payload: body, signature }) }
      },
    },
  ],
  T23: [
    {
      says: 'five segments',
      send: () => ({ token: `${b64('{"alg":"dir","enc":"A256GCM","zip":"DEF"}')}..AAAA.AAAA.AAAA` }),
    },
    header('zip in a JWS', { zip: 'DEF' }),
  ],
  T25: [
    payload('50 000 levels', (honest) => `${JSON.stringify(honest).slice(0, -1)},"x":${deep}}`),
    payload('17 levels', (honest) => `${JSON.stringify(honest).slice(0, -1)},"x":${'['.repeat(17)}${']'.repeat(17)}}`),
  ],
  T26: ['[]', '"text"', 'null', '1', ''].map((text) => payload(text || 'nothing', () => text)),
  T28: [
    payload('__proto__', (honest) => JSON.stringify(honest).replace('{', '{"__proto__":{"admin":true},')),
    payload('constructor', (honest) => JSON.stringify(honest).replace('{', '{"constructor":{"prototype":{}},')),
  ],
  T29: [header('missing', { typ: undefined }), header('JWT', { typ: 'JWT' })],
  T31: ['logout+jwt', 'dpop+jwt', 'txntoken+jwt', 'lockstep-capability+jwt'].map((typ) => header(typ, { typ })),
  T32: ['application/at+jwt', 'AT+JWT'].map((typ) => header(typ, { typ })),
  T34: [header('a txn-token', { typ: 'txntoken+jwt' }, 'T')],
  T37: [claims('another server', { aud: 'https://other.example/mcp' }), claims('a prefix', { aud: `${RESOURCE}/x` })],
  T38: [
    claims('by default', { aud: ['https://other.example', RESOURCE] }, 'T'),
    claims('ours alone, as an array', { aud: [RESOURCE] }, 'OK'),
    {
      says: 'where configured',
      world: { issuer: { multiAudience: true } },
      send: () => ({ claims: { aud: ['https://other.example', RESOURCE] } }),
      expect: 'OK',
    },
    {
      says: 'where configured, without ours',
      world: { issuer: { multiAudience: true } },
      send: () => ({ claims: { aud: ['https://other.example'] } }),
      expect: 'T',
    },
  ],
  T40: [
    claims('nested', { aud: [[RESOURCE]] }),
    claims('object', { aud: { 0: RESOURCE, length: 1 } }),
    claims('none', { aud: [] }),
  ],
  T41: [claims('missing', { aud: undefined })],
  T43: [claims('fraction', { exp: NOW + 0.5 })],
  T44: [
    payload('1e999', (honest) => JSON.stringify({ ...honest, exp: 0 }).replace('"exp":0', '"exp":1e999')),
    claims('1e308', { exp: 1e308 }),
    claims('milliseconds', { exp: (NOW + 300) * 1000 }),
  ],
  T46: [claims('now', { exp: NOW }), claims('past', { exp: NOW - 1 }), claims('a string', { exp: String(NOW + 60) })],
  T47: [
    claims('future', { nbf: NOW + 60 }),
    claims('string', { nbf: String(NOW - 60) }),
    claims('issued later', { iat: NOW + 60 }),
  ],
  T49: [
    claims('two days', { exp: NOW + 172_800 }),
    { says: 'as configured', world: { issuer: { maxLifetime: 200 } }, send: () => ({}) },
  ],
  T50: [' ', '\n', '\t'].map((space) => ({
    says: JSON.stringify(space),
    send: (w) => ({ headers: [['Authorization', `DPoP ${w.token().replace('.', `.${space}`)}`]] }),
  })),
  T52: ['+', '/', '='].map((character) => ({
    says: character,
    send: (w) => resign(w, (signature) => character + signature.slice(1)),
  })),
  T53: [{ says: 'last character', send: (w) => resign(w, otherSpelling) }],
  T55: [{ says: 'DER', send: (w) => ({ token: w.token({}, {}, der(w.issuerKey.privateKey)) }) }],
  T56: [
    { says: 'zeros', send: (w) => resign(w, () => b64(Buffer.alloc(64))) },
    {
      says: 's = 0',
      send: (w) =>
        resign(w, (s) => b64(Buffer.concat([Buffer.from(s, 'base64url').subarray(0, 32), Buffer.alloc(32)]))),
    },
    {
      says: 'r >= n',
      send: (w) =>
        resign(w, (s) => b64(Buffer.concat([Buffer.alloc(32, 255), Buffer.from(s, 'base64url').subarray(32)]))),
    },
    { says: 'a stranger', send: (w) => ({ token: w.token({}, {}, es(stranger.privateKey)) }) },
  ],
  T58: [
    {
      says: 'the same proof, and the same id',
      expect: 'OK',
      send: async (w) => {
        const token = w.token({ jti: 'one-id' })
        const [head, body, signature = ''] = token.split('.')
        const twin = `${head}.${body}.${b64(malleate(Buffer.from(signature, 'base64url')))}`
        const stolen = await w.admit({ token: twin, proof: w.proof(token) })
        if (w.letter(stolen) !== 'P') throw new Error('a proof for the original fits the twin')
        const outcome = await w.admit({ token: twin })
        if (!outcome.ok || outcome.value.token.id !== 'one-id') throw new Error('the twin has another id')
        return outcome
      },
    },
  ],
  T61: [undefined, '', 1, null].map((sub) => claims(String(sub), { sub })),
  T62: [
    claims('missing', { client_id: undefined }),
    claims('jti missing', { jti: undefined }),
    claims('iss unknown', { iss: `${ISSUER}/` }),
  ],
  T64: [
    {
      says: 'the privileged one inside',
      expect: 'OK',
      send: async (w) => {
        const outcome = await w.admit({
          claims: { act: { sub: 'spiffe://example/agents/other', act: { sub: PLANNER } } },
        })
        if (!outcome.ok || outcome.value.actor.id === PLANNER) throw new Error('an inner actor acts')
        return outcome
      },
    },
    claims('a link without sub', { act: { act: { sub: PLANNER } } }, 'T'),
    claims('an array', { act: [{ sub: PLANNER }] }, 'T'),
  ],
  T65: [
    claims('as its own user', { sub: PLANNER }, '403 undefined'),
    claims('as its own client', { sub: 'planner' }, '403 undefined'),
  ],
}

/** The cases that are answered elsewhere, or later. */
export const elsewhere: Readonly<Record<string, string>> = {
  T10: 'packages/engines/tokens/test/issuer-keys.test.ts',
  T35: 'packages/layers/3-invocation/test/legacy-txn-token.test.ts and transaction-attacks.ts',
  T59: 'packages/engines/tokens/test/issuer-keys.test.ts',
  T67: 'packages/engines/tokens/test/issuer-keys.test.ts',
  T68: 'test/attacks/revocation-feed.test.ts, with two instances',
}

/** A key of the wrong kind for tests of proofs. */
export const rsa = (bits: number, exponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent })
