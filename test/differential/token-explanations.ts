import { LOW_ORDER } from '../../packages/engines/tokens/test/low-order-keys.ts'
import { NOW, RESOURCE } from '../../packages/layers/1-gateway/test/world.ts'
import type { Specimen } from './token-oracles.ts'

type Members = Readonly<Record<string, unknown>>

/** A request as somebody sees it who reads leniently. */
interface View {
  /** Token and proof. */
  readonly segments: readonly string[]
  /** The JSON texts of both headers and payloads. */
  readonly texts: readonly string[]
  readonly header: Members
  readonly claims: Members
  readonly proofHeader: Members
  readonly proofClaims: Members
}

/** Which kinds of difference a request is of: the ids of the table of differences. */
export function explain({ token, proof }: Specimen, replayed = false): readonly string[] {
  const [head = '', body = '', ...rest] = token.split('.')
  const [proofHead = '', proofBody = '', ...proofRest] = proof.split('.')
  const view: View = {
    segments: [head, body, ...rest, proofHead, proofBody, ...proofRest],
    texts: [head, body, proofHead, proofBody].map(textOf),
    header: membersOf(head),
    claims: membersOf(body),
    proofHeader: membersOf(proofHead),
    proofClaims: membersOf(proofBody),
  }
  const kinds = Object.entries(EXPLANATIONS).flatMap(([id, fits]) => (fits(view) ? [id] : []))
  return replayed ? [...kinds, 'replayed'] : kinds
}

const EXPLANATIONS: Readonly<Record<string, (view: View) => boolean>> = {
  'trailing-bits': ({ segments }) => segments.some((one) => /^[\w-]*$/.test(one) && encode(decode(one)) !== one),
  'other-alphabet': ({ segments }) => segments.some((one) => /[+/=]/.test(one)),
  'duplicate-member': ({ texts }) =>
    texts.some((text) => depthOf(text) < 99 && colons(text) !== colons(JSON.stringify(parse(text)) ?? '')),
  'not-utf8': ({ segments }) => segments.some((one, at) => at % 3 < 2 && !decode(one).equals(Buffer.from(textOf(one)))),
  'byte-order-mark': ({ texts }) => texts.some((text) => text.startsWith('\ufeff')),
  'reserved-member': ({ texts }) => texts.some((text) => /"(__proto__|constructor|prototype)"\s*:/.test(text)),
  'too-deep': ({ texts }) => texts.some((text) => depthOf(text) > 16),
  'too-long': ({ texts }) => texts.some((text) => text.length > 12_288),
  'unencoded-payload': ({ header, proofHeader }) => [header, proofHeader].some((one) => Object.hasOwn(one, 'b64')),
  'white-space': ({ segments }) => segments.some((one) => /\s/.test(one)),
  'key-id': ({ header, proofHeader }) =>
    [header, proofHeader].some(({ kid }) => kid !== undefined && typeof kid !== 'string'),
  'foreign-header': ({ header, proofHeader }) => [header, proofHeader].some((one) => 'zip' in one || 'enc' in one),
  'other-audiences': ({ claims }) => Array.isArray(claims.aud) && claims.aud.some((one) => one !== RESOURCE),
  life: ({ claims: { exp, iat } }) => Number(exp) - Number(iat) > 86_400,
  'just-expired': ({ claims, proofClaims }) =>
    [claims.exp, proofClaims.exp].some((exp) => Math.abs(NOW - Number(exp)) <= 30),
  'not-yet': ({ claims, proofClaims }) => [claims.nbf, proofClaims.nbf].some((nbf) => Number(nbf) > NOW + 10),
  'negative-time': ({ claims: { exp, iat, nbf } }) => [exp, iat, nbf].some((one) => Number(one) < 0),
  'issued-later': ({ claims: { iat } }) => Number(iat) > NOW + 10,
  'empty-name': ({ claims }) => NAMES.some((name) => claims[name] === ''),
  'name-of-another-type': ({ claims }) => NAMES.some((name) => typeof claims[name] !== 'string'),
  'long-id': ({ claims: { jti } }) => String(jti).length > 256,
  delegation: ({ claims: { act } }) => act !== undefined && !isChain(act, 8),
  'nobody-acts': ({ claims: { act } }) => act === undefined,
  'acts-for-itself': ({ claims: { sub, act, client_id: client } }) =>
    sub !== undefined && (sub === client || actsAnywhere(act, sub)),
  'scope-of-another-type': ({ claims: { scope } }) => scope !== undefined && typeof scope !== 'string',
  'more-confirmations': ({ claims: { cnf } }) => typeof cnf === 'object' && Object.keys(cnf ?? {}).length > 1,
  'authorization-details': ({ claims }) => Object.hasOwn(claims, 'authorization_details'),
  'proof-window': ({ proofClaims: { iat } }) => Math.abs(NOW - Number(iat)) > 60,
  'odd-url': ({ proofClaims: { htu } }) => /[\s\\]|^https?:(?!\/\/)/i.test(String(htu)),
  'user-information': ({ proofClaims: { htu } }) => /^https?:\/\/[^/]*@/.test(String(htu)),
  'proof-id': ({ proofClaims: { jti } }) => jti === '' || String(jti).length > 256,
  'private-member': ({ proofHeader: { jwk } }) =>
    ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].some((name) => Object.hasOwn(Object(jwk), name)),
  'low-order': ({ proofHeader: { jwk } }) => LOW_ORDER.includes(decode(String(Object(jwk).x)).toString('hex')),
}

const NAMES = ['sub', 'client_id', 'jti']
const encode = (bytes: Buffer) => bytes.toString('base64url')
const decode = (segment: string) => Buffer.from(segment, 'base64url')
const textOf = (segment: string) => decode(segment).toString('utf8')

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}

function membersOf(segment: string): Members {
  const value = parse(textOf(segment))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** How many members a JSON text has: its colons outside of strings. */
function colons(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
}

/** How deep a JSON text nests, read without a stack: it may be deep. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const one of text.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    depth += '[{'.includes(one) ? 1 : ']}'.includes(one) ? -1 : 0
    deepest = Math.max(depth, deepest)
  }
  return deepest
}

/** Whether a link of a chain names somebody. */
function actsAnywhere(act: unknown, sub: unknown): boolean {
  return typeof act === 'object' && act !== null && (Object(act).sub === sub || actsAnywhere(Object(act).act, sub))
}

function isChain(act: unknown, longest: number): boolean {
  if (act === undefined) return true
  if (longest === 0 || typeof act !== 'object' || act === null || Array.isArray(act)) return false
  const { sub, act: inner }: { sub?: unknown; act?: unknown } = act
  return typeof sub === 'string' && sub !== '' && isChain(inner, longest - 1)
}
