import type { Attack, Attacks } from './attack.ts'
import { b64, es, freshId, hs, jws, pair, sha256, unsigned } from './forge.ts'
import { possessionAttacks } from './possession-attacks.ts'
import { rsa } from './token-attacks.ts'
import { NOW, RESOURCE, type World } from './world.ts'

const P = 'P'
const OK = 'OK'
const proofClaims = (says: string, changes: Record<string, unknown>, expect?: string): Attack => ({
  says,
  send: () => ({ proofClaims: changes }),
  ...(expect ? { expect } : {}),
})
const proofHeader = (says: string, changes: Record<string, unknown>, expect?: string): Attack => ({
  says,
  send: () => ({ proofHeader: changes }),
  ...(expect ? { expect } : {}),
})
const authorization = (says: string, ...values: ((token: string) => string)[]): Attack => ({
  says,
  send: (w) => {
    const token = w.token()
    return { headers: [...values.map((value) => ['Authorization', value(token)] as const), ['DPoP', w.proof(token)]] }
  },
})
const htu = (url: string, expect?: string) => proofClaims(url, { htu: url }, expect)

const stranger = pair()
const { x, y, d } = stranger.privateKey.export({ format: 'jwk' })
const smallRsa = rsa(1024)
const oddRsa = rsa(2048, 3)

/** Signs a proof with an RSA key; only a proof by it could ever show more than its header. */
const rsaProof = (n: unknown, e: unknown): Attack['send'] => {
  return (w) => ({ proof: w.proof(w.token(), {}, { alg: 'PS256', jwk: { kty: 'RSA', n, e } }) })
}
const rsaWorld = { proof: { algorithms: ['ES256', 'PS256'] } } as const

async function twice(w: World, again: (w: World) => World['gateway'], wait = 0, iat = NOW) {
  const token = w.token()
  const request = w.request({ token, proof: w.proof(token, { iat }) })
  const first = await w.gateway.admit(request)
  if (!first.ok) throw new Error('the first use was refused')
  w.setNow(NOW + wait)
  return again(w).admit(request)
}

/** Attacks on how credentials are carried and proved, by case of the corpus. */
export const proofAttacks: Attacks = {
  T70: [
    authorization(
      'good first',
      (t) => `DPoP ${t}`,
      () => 'Bearer bad',
    ),
    authorization(
      'good last',
      () => 'Bearer bad',
      (t) => `DPoP ${t}`,
    ),
    authorization(
      'the same twice',
      (t) => `DPoP ${t}`,
      (t) => `DPoP ${t}`,
    ),
  ],
  T71: [
    authorization('junk behind', (t) => `DPoP ${t} junk`),
    authorization('empty', () => 'DPoP '),
    authorization('scheme alone', () => 'DPoP'),
    authorization('tab', (t) => `DPoP\t${t}`),
    authorization('a list', (t) => `DPoP ${t}, Bearer ${t}`),
  ],
  T73: [{ says: 'no proof', send: (w) => ({ scheme: 'Bearer', token: w.token(), proof: [] }) }],
  T74: [{ says: 'good proof', send: () => ({ scheme: 'Bearer' }) }],
  T76: [{ says: 'unbound', send: () => ({ claims: { cnf: undefined } }) }],
  T77: [{ says: 'unbound', send: () => ({ scheme: 'Bearer', claims: { cnf: undefined }, proof: [] }) }],
  T79: [
    { says: 'kid', send: () => ({ claims: { cnf: { kid: 'a' } } }) },
    { says: 'beside jkt', send: (w) => ({ claims: { cnf: { jkt: w.agentKey.jkt, kid: 'a' } } }) },
    { says: 'empty', send: () => ({ claims: { cnf: {} }, scheme: 'Bearer' }) },
    { says: 'null', send: () => ({ claims: { cnf: null }, scheme: 'Bearer' }) },
  ],
  T82: [
    {
      says: 'two headers',
      send: (w) => {
        const token = w.token()
        return { token, proof: [w.proof(token), w.proof(token)] }
      },
    },
    {
      says: 'joined',
      send: (w) => {
        const token = w.token()
        return { token, proof: `${w.proof(token)}, ${w.proof(token)}` }
      },
    },
  ],
  T83: [
    ...['', 'not a JWT', '...', 'a.b.c', '.'.repeat(100_000)].map((proof) => ({
      says: proof.slice(0, 9) || 'empty',
      send: () => ({ proof }),
    })),
    { says: 'none at all', send: () => ({ proof: [] }) },
  ],
  T85: ['jwt', 'at+jwt', undefined].map((typ) => proofHeader(String(typ), { typ })),
  T86: [
    {
      says: 'none',
      send: (w) => {
        const token = w.token()
        const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) }
        return { token, proof: jws({ alg: 'none', typ: 'dpop+jwt', jwk: w.agentKey.jwk }, claims, unsigned) }
      },
    },
    {
      says: 'HS256',
      send: (w) => {
        const token = w.token()
        const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, iat: NOW, ath: sha256(token) }
        const jwk = { kty: 'oct', k: b64('secret') }
        return { token, proof: jws({ alg: 'HS256', typ: 'dpop+jwt', jwk }, claims, hs('secret')) }
      },
    },
  ],
  T88: [
    {
      says: 'one character',
      send: (w) => {
        const token = w.token()
        const proof = w.proof(token)
        const at = proof.lastIndexOf('.') + 5
        return { token, proof: proof.slice(0, at) + (proof[at] === 'A' ? 'B' : 'A') + proof.slice(at + 1) }
      },
    },
  ],
  T89: [
    proofHeader('EC', { jwk: { kty: 'EC', crv: 'P-256', x, y, d } }),
    proofHeader('RSA', { jwk: { ...smallRsa.privateKey.export({ format: 'jwk' }) } }),
  ],
  T91: [
    proofHeader('zeros', { jwk: { kty: 'EC', crv: 'P-256', x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) } }),
    proofHeader('off the curve', { jwk: { kty: 'EC', crv: 'P-256', x, y: x } }),
    proofHeader('short', { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }),
    proofHeader('no key', { jwk: undefined }),
  ],
  T92: [
    { says: '1024 bits', world: rsaWorld, send: rsaProof(smallRsa.publicKey.export({ format: 'jwk' }).n, 'AQAB') },
    { says: 'e = 1', world: rsaWorld, send: rsaProof(rsa(2048).publicKey.export({ format: 'jwk' }).n, 'AQ') },
    { says: 'e = 3', world: rsaWorld, send: rsaProof(oddRsa.publicKey.export({ format: 'jwk' }).n, 'Aw') },
    { says: '16384 bits', world: rsaWorld, send: rsaProof(b64(Buffer.alloc(2048, 255)), 'AQAB') },
  ],
  T94: [{ says: 'a stranger', send: () => ({ proofKey: stranger }) }],
  T95: [
    {
      says: 'more members, other order',
      send: (w) => {
        const { kty, crv, ...point } = w.agentKey.jwk
        return { proofHeader: { jwk: { ext: true, kid: 'k', use: 'sig', y: point.y, x: point.x, crv, kty } } }
      },
    },
  ],
  T97: [
    proofClaims('GET', { htm: 'GET' }),
    proofClaims('post', { htm: 'post' }),
    proofClaims('missing', { htm: undefined }),
  ],
  T98: [
    'https://mcp.example/other',
    'https://mcp.example:8443/mcp',
    'http://mcp.example/mcp',
    'https://mcp.example/mcp/',
    'https://mcp.example/MCP',
    'https://mcp.example/%6dcp',
  ].map((url) => htu(url)),
  T100: ['HTTPS://MCP.EXAMPLE/mcp', 'https://mcp.example:443/mcp', 'https://mcp.example/mcp?a=b#c'].map((url) =>
    htu(url),
  ),
  T101: [
    ...[
      'https://user@mcp.example/mcp',
      'https:\\\\mcp.example\\mcp',
      'https://mcp.example/m\tcp',
      'https://mcp.example/mcp\n',
    ],
    ...['/mcp', '//mcp.example/mcp', ' https://mcp.example/mcp', 'https:mcp.example/mcp', ''],
  ]
    .map((url) => htu(url))
    .concat(proofClaims('an array', { htu: [RESOURCE] }), proofClaims('missing', { htu: undefined })),
  T103: [
    {
      says: 'either spelling',
      expect: OK,
      world: { resource: 'https://bücher.example/mcp' },
      send: () => ({
        claims: { aud: 'https://bücher.example/mcp' },
        proofClaims: { htu: 'https://xn--bcher-kva.example/mcp' },
      }),
    },
  ],
  T104: [
    {
      says: 'evil.example',
      send: (w) => {
        const token = w.token()
        const proof = w.proof(token, { htu: 'https://evil.example/mcp' })
        return {
          headers: [
            ['Host', 'evil.example'],
            ['Authorization', `DPoP ${token}`],
            ['DPoP', proof],
          ],
        }
      },
    },
  ],
  T106: [
    {
      says: 'the path as the public knows it',
      world: { resource: 'https://mcp.example/apps/one/mcp' },
      send: () => ({
        url: '/apps/one/mcp',
        claims: { aud: 'https://mcp.example/apps/one/mcp' },
        proofClaims: { htu: 'https://mcp.example/apps/one/mcp' },
      }),
    },
  ],
  T107: ['https://evil.example/mcp', '//evil.example/mcp'].map((url) => ({
    says: url,
    send: () => ({ url, proofClaims: { htu: new URL(url, RESOURCE).href } }),
    expect: P,
  })),
  T109: [
    ...[-303, 303, -61, 61].map((offset) => proofClaims(`iat ${offset}`, { iat: NOW + offset }, P)),
    ...[-10, 10, 0.5].map((offset) => proofClaims(`iat ${offset}`, { iat: NOW + offset }, OK)),
    proofClaims('string', { iat: String(NOW) }, P),
    proofClaims('missing', { iat: undefined }, P),
    {
      says: '1e999',
      send: (w) => {
        const token = w.token()
        const claims = { jti: freshId(), htm: 'POST', htu: RESOURCE, ath: sha256(token), iat: 0 }
        const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: w.agentKey.jwk }
        const text = JSON.stringify(claims).replace('"iat":0', '"iat":1e999')
        return { token, proof: jws(header, text, es(w.agentKey.privateKey)) }
      },
      expect: P,
    },
  ],
  T110: [
    proofClaims('exp past', { exp: NOW - 1 }, P),
    proofClaims('nbf future', { nbf: NOW + 120 }, P),
    proofClaims('exp string', { exp: 'x' }, P),
    proofClaims('valid', { exp: NOW + 60, nbf: NOW - 5 }, OK),
  ],
  T112: [1, '', 'x'.repeat(257), undefined].map((jti) => proofClaims(String(jti).slice(0, 9), { jti })),
  T113: [{ says: 'at once', send: (w) => twice(w, (again) => again.gateway) }],
  T115: [{ says: 'shared store', send: (w) => twice(w, (again) => again.twin()) }],
  T116: [{ says: 'after 30 s', send: (w) => twice(w, (again) => again.twin(), 30) }],
  T118: [60, 110, 119].map((wait) => ({
    says: `after ${wait} s`,
    send: (w) => twice(w, (again) => again.gateway, wait, NOW + 60),
    expect: P,
  })),
  T119: [
    {
      says: 'a stranger with a token of its own',
      expect: OK,
      send: async (w) => {
        const theirs = w.token({ sub: 'user:mallory', cnf: { jkt: stranger.jkt } })
        const burn = await w.admit({ token: theirs, proof: w.proof(theirs, { jti: 'victim' }, {}, stranger) })
        if (!burn.ok) throw new Error('the stranger was refused')
        const token = w.token()
        return w.admit({ token, proof: w.proof(token, { jti: 'victim' }) })
      },
    },
  ],
  T122: [
    {
      says: 'rejects',
      world: {
        singleUse: {
          consume: () => Promise.reject(new Error('down')),
          wasConsumed: async () => false,
          isRevoked: async () => false,
        },
      },
      send: () => ({}),
    },
  ],
  ...possessionAttacks,
}

/** The cases that are answered elsewhere, or later. */
export const elsewhere: Readonly<Record<string, string>> = {
  T121: 'packages/stores: nothing is evicted by size',
}
