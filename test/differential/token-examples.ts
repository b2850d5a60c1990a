import { b64, otherSpelling, type Pair, sha256, twice } from '../../packages/layers/1-gateway/test/forge.ts'
import { NOW, PLANNER, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import type { Change } from './token-kit.ts'

const claims = (...all: Record<string, unknown>[]): Change[] => all.map((one) => ({ claims: one }))
const header = (...all: Record<string, unknown>[]): Change[] => all.map((one) => ({ header: one }))
const proves = (...all: Record<string, unknown>[]): Change[] => all.map((one) => ({ proofClaims: one }))
const member = (text: string): Change => ({ payload: (claimed) => claimed.replace('{', `{${text},`) })
const signature = (change: (segment: string) => string) => (jwt: string) => {
  const [head, body, last = ''] = jwt.split('.')
  return `${head}.${body}.${change(last)}`
}
/** Only a signature that has such characters can be spelled in the other alphabet. */
const inOtherAlphabet = (jwt: string) => {
  const spelled = signature((segment) => segment.replaceAll('-', '+').replaceAll('_', '/'))(jwt)
  return spelled === jwt ? undefined : spelled
}

/** The neutral point of Ed25519: as a key, the signature beside it fits every message. */
const NEUTRAL = Buffer.from(`01${'00'.repeat(31)}`, 'hex')
const neutral = { kty: 'OKP', crv: 'Ed25519', x: b64(NEUTRAL) }
const forger: Change['agent'] = {
  jwk: neutral,
  jkt: sha256(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: neutral.x })),
  alg: 'EdDSA',
  sign: () => Buffer.concat([NEUTRAL, Buffer.alloc(32)]),
}

/** Requests of each kind in the table of differences. `replayed` is a matter of two requests. */
export const examplesFor = ({ jwk, jkt }: Pair): Readonly<Record<string, readonly Change[]>> => ({
  'trailing-bits': [{ token: signature(otherSpelling) }, { proof: signature(otherSpelling) }],
  'other-alphabet': [{ token: inOtherAlphabet }],
  'duplicate-member': [
    { payload: (text) => twice(JSON.parse(text), 'sub', 'user:admin') },
    member('"x":{"y":1,"y":2}'),
    member('"s\\u0075b":"user:admin"'),
  ],
  'not-utf8': [{ payload: (text) => Buffer.from(text.replace('{', '{"x":"\u00ff",'), 'latin1') }],
  'byte-order-mark': [{ payload: (text) => `\ufeff${text}` }],
  'reserved-member': [member('"__proto__":{"admin":true}'), member('"x":{"constructor":1}')],
  'too-deep': [member(`"x":${'['.repeat(17)}${']'.repeat(17)}`)],
  'too-long': [member(`"x":"${'x'.repeat(12_300)}"`)],
  'unencoded-payload': header({ b64: false }),
  'white-space': [{ proof: (jwt) => jwt.replace(/.$/, ' $&') }],
  'key-id': [{ proofHeader: { kid: 7 } }, { proofHeader: { kid: [] } }],
  'foreign-header': header({ zip: 'DEF' }, { enc: 'A256GCM' }),
  'other-audiences': claims({ aud: [RESOURCE, 'https://other.example'] }),
  life: [
    ...claims({ exp: NOW + 172_800 }, { exp: (NOW + 300) * 1000 }),
    { payload: (text) => text.replace(/"exp":\d+/, '"exp":1e999') },
  ],
  'just-expired': [...claims({ exp: NOW }, { exp: NOW - 9 }), ...proves({ exp: NOW - 1 })],
  'not-yet': [...claims({ nbf: NOW + 11 }), ...proves({ nbf: NOW + 30 })],
  'negative-time': claims({ nbf: -1 }),
  'issued-later': claims({ iat: NOW + 11 }, { iat: NOW + 3_600, exp: NOW + 4_000 }),
  'empty-name': claims({ sub: '' }, { client_id: '' }, { jti: '' }),
  'name-of-another-type': claims({ sub: 1 }, { client_id: ['a'] }, { jti: 7 }, { sub: null }),
  'long-id': claims({ jti: 'x'.repeat(257) }),
  delegation: claims({ act: 'planner' }, { act: {} }, { act: { sub: 'a', act: { sub: 1 } } }, { act: [{ sub: 'a' }] }),
  'nobody-acts': claims({ act: undefined }),
  'acts-for-itself': claims({ sub: PLANNER }, { sub: 'planner' }),
  'scope-of-another-type': claims({ scope: ['a'] }, { scope: 1 }),
  'more-confirmations': claims({ cnf: { jkt, kid: 'a' } }, { cnf: { jkt, 'x5t#S256': sha256('certificate') } }),
  'authorization-details': claims({ authorization_details: [{ type: 'unheard_of' }] }, { authorization_details: 'x' }),
  replayed: [{}],
  'proof-window': proves({ iat: NOW - 61 }, { iat: NOW + 61 }, { iat: NOW - 300 }, { iat: NOW + 300 }),
  'odd-url': proves(
    { htu: 'https:\\\\mcp.example\\mcp' },
    { htu: 'https://mcp.example/m\tcp' },
    { htu: 'https:mcp.example/mcp' },
    { htu: ' https://mcp.example/mcp\n' },
  ),
  'user-information': proves({ htu: 'https://user@mcp.example/mcp' }),
  'proof-id': proves({ jti: '' }, { jti: 'x'.repeat(257) }),
  'private-member': [
    { proofHeader: { jwk: { ...jwk, k: 'c2VjcmV0' } } },
    { proofHeader: { jwk: { ...jwk, p: 'AA' } } },
  ],
  'low-order': [{ agent: forger }],
})
