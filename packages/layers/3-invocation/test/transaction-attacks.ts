import { type Denial, digest, type JsonObject, parseJson, type SingleUseStore } from '@lockstep/core'
import { checkTransaction, consumeTransaction } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import { createSigningKey, createTxnTokenVerifier, type SigningKey, signJwt, type TxnToken } from '@lockstep/tokens'
import {
  ARGUMENTS,
  admit,
  createWorld,
  INVOICE,
  NOW,
  obtain,
  parametersOf,
  present,
  TRUST_DOMAIN,
  TTS,
} from './transaction-world.ts'

/** What came of an attack: `OK`, an HTTP status of the exchange, or the code of the denial. */
export type Answer = string | number

/** One way to try a case of the corpus. */
export interface Attack {
  readonly says: string
  readonly expect: Answer
  readonly play: () => Promise<Answer>
}

const clock = () => NOW * 1000
const told = (denial: Denial | undefined): Answer => denial?.code ?? 'OK'

/** Calls with a token for ARGUMENTS, with the wire's text of other arguments. */
const call = (text: string) => async () => {
  const sent = parseJson(Buffer.from(text), { maxBytes: 65_536, maxDepth: 32 })
  return told(checkTransaction(await obtain(), present({ argumentsDigest: digest(sent) })))
}
const bound = (change: Parameters<typeof present>[0]) => async () =>
  told(checkTransaction(await obtain(), present(change)))

/** Asks for a token with the text of `request_details`; the policy must not have been asked where it is refused. */
const exchange = (details: string) => async () => {
  const world = createWorld()
  const { status } = await world.exchange(parametersOf(details))
  if (status !== 200 && world.asked.length + world.signed() > 0) return 'the policy was asked'
  return status
}
const args = (text: string) => exchange(`{"tool":"approveExpense","arguments":${text}}`)

/** Uses a token up twice, on two instances over one store. */
const twice =
  (change: Partial<TxnToken> = {}) =>
  async () => {
    const state = createMemoryState({ clock })
    const token = await obtain()
    const first = await consumeTransaction(state.singleUse, token, clock)
    const second = await consumeTransaction(state.singleUse, { ...token, ...change }, clock)
    await state.close()
    return first ? 'the first use was refused' : told(second)
  }

/** Consumes a token whose last moment passed between check and use; nothing may be used up. */
const late = async () => {
  const used: string[] = []
  const store: Pick<SingleUseStore, 'consume'> = {
    consume: async ({ id }) => (used.push(id) > 0 ? 'consumed' : 'used'),
  }
  const token = await obtain()
  const answer = told(await consumeTransaction(store, token, () => token.expiresAt * 1000))
  return used.length > 0 ? 'it was used up' : answer
}

const key = await createSigningKey()
const issuerKey = await createSigningKey()
const verifier = createTxnTokenVerifier({
  trustDomain: TRUST_DOMAIN,
  issuer: TTS,
  clock,
  jwks: { keys: [{ ...key.publicJwk, kid: key.thumbprint, alg: key.algorithm }] },
})

/** Signs the claims of an honest token, changed, and verifies them. */
const forged =
  (change: (claims: JsonObject) => JsonObject, { signer = key, type = 'txntoken+jwt' }: Forging = {}) =>
  async () => {
    const answer = await createWorld().exchange()
    const payload = String(answer.body.access_token).split('.')[1] ?? ''
    const claims: JsonObject = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const outcome = await verifier.verify(await signJwt(signer, type, change(claims)))
    return outcome.ok ? 'OK' : outcome.denial.code
  }
interface Forging {
  readonly signer?: SigningKey
  readonly type?: string
}
const tctx = (claims: JsonObject, change: JsonObject): JsonObject => ({
  ...claims,
  tctx: { ...(claims.tctx as JsonObject), ...change },
})

const MISMATCH = 'invocation.txn-params-mismatch'
const CALLER = 'invocation.txn-caller-mismatch'
const REPLAYED = 'invocation.txn-token-replayed'
const INVALID = 'invocation.txn-token-invalid'
const wire = JSON.stringify(ARGUMENTS)
const claimsOf = (claims: JsonObject) => claims

/** How the cases are tried here. */
export const transactionAttacks: Readonly<Record<string, readonly Attack[]>> = {
  T145: [
    { says: 'reversed', expect: 'OK', play: call('{"note":{"by":"alice","lines":[1,2]},"invoiceId":"INV-8831"}') },
  ],
  T146: [
    { says: 'nested', expect: 'OK', play: call('{"invoiceId":"INV-8831","note":{"lines":[1,2],"by":"alice"}}') },
    { says: 'white space', expect: 'OK', play: call(JSON.stringify(ARGUMENTS, null, 2)) },
  ],
  T148: [
    { says: 'escaped', expect: 400, play: args('{"invoiceId":"\\ud800"}') },
    { says: 'as it is', expect: 400, play: args('{"invoiceId":"\ud800"}') },
    { says: 'in a name', expect: 400, play: args('{"\\udc00":1}') },
  ],
  T149: [
    { says: 'in the arguments', expect: 400, play: args('{"invoiceId":"INV-8831","invoiceId":"INV-9001"}') },
    { says: 'escaped', expect: 400, play: args('{"invoiceId":"INV-8831","invoice\\u0049d":"INV-9001"}') },
    {
      says: 'the arguments themselves',
      expect: 400,
      play: exchange(`{"tool":"approveExpense","arguments":${wire},"arguments":{}}`),
    },
  ],
  T151: [
    { says: 'beyond 2^53', expect: 400, play: args('{"amount":9007199254740993}') },
    { says: 'its neighbor', expect: 400, play: args('{"amount":9007199254740992}') },
    { says: 'the last safe one', expect: 200, play: args('{"amount":9007199254740991}') },
  ],
  T152: [
    { says: 'infinite', expect: 400, play: args('{"amount":1e999}') },
    { says: 'minus infinite', expect: 400, play: args('{"amount":-1e999}') },
    {
      says: 'minus zero is zero',
      expect: 'OK',
      play: async () => {
        const issued = await obtain({ amount: 0 })
        const sent = parseJson(Buffer.from('{"amount":-0}'), { maxBytes: 99, maxDepth: 9 })
        return told(checkTransaction(issued, present({ argumentsDigest: digest(sent) })))
      },
    },
  ],
  T154: ['__proto__', 'constructor', 'toJSON'].flatMap((name) => [
    { says: name, expect: 400, play: args(`{"${name}":{}}`) },
    { says: `${name}, nested`, expect: 400, play: args(`{"a":[{"${name}":1}]}`) },
  ]),
  T155: [
    { says: 'one more', expect: MISMATCH, play: call(`${wire.slice(0, -1)},"force":true}`) },
    { says: 'nested', expect: MISMATCH, play: call(wire.replace('"by"', '"as":"bob","by"')) },
  ],
  T157: [{ says: 'turned round', expect: MISMATCH, play: call(wire.replace('[1,2]', '[2,1]')) }],
  T158: [
    { says: 'a zero-width space', expect: MISMATCH, play: call(wire.replace('INV-', 'INV\u200b-')) },
    { says: 'a Cyrillic letter', expect: MISMATCH, play: call(wire.replace('INV', '\u0406NV')) },
    { says: 'another dash', expect: MISMATCH, play: call(wire.replace('INV-', 'INV\u2010')) },
    { says: 'decomposed', expect: MISMATCH, play: call(wire.replace('alice', 'alic\u0065\u0301')) },
  ],
  T160: [
    { says: 'deep', expect: 400, play: args(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`) },
    { says: 'large', expect: 413, play: args(`{"a":"${'x'.repeat(5_000_000)}"}`) },
  ],
  T164: [{ says: 'at once', expect: REPLAYED, play: twice() }],
  T166: [{ says: 'on an instance that read the token itself', expect: REPLAYED, play: twice({ actors: [] }) }],
  T169: [
    {
      says: "a stranger's key",
      expect: CALLER,
      play: bound({ caller: admit({ proof: { kind: 'dpop', thumbprint: issuerKey.thumbprint } }) }),
    },
    { says: 'no key', expect: CALLER, play: bound({ caller: admit({ proof: { kind: 'bearer' } }) }) },
  ],
  T170: [
    { says: 'another server', expect: MISMATCH, play: bound({ audience: 'https://other.example/mcp' }) },
    { says: 'another trust domain', expect: INVALID, play: forged((claims) => ({ ...claims, aud: 'other.org' })) },
    {
      says: 'the tool',
      expect: INVALID,
      play: forged((claims) => ({ ...claims, aud: 'spiffe://example.org/tools/approveExpense' })),
    },
    {
      says: 'two of them',
      expect: INVALID,
      play: forged((claims) => ({ ...claims, aud: [TRUST_DOMAIN, 'other.org'] })),
    },
  ],
  T172: [
    {
      says: 'the invoice moved to another department',
      expect: 'invocation.resource-changed',
      play: bound({ resourceDigest: digest({ ...INVOICE, dept: '7' }) }),
    },
    {
      says: 'the same name at another issuer',
      expect: CALLER,
      play: bound({ caller: admit({ subject: { issuer: 'https://tenant-2.example', id: 'user:alice' } }) }),
    },
  ],
  T173: [
    { says: 'between check and use', expect: INVALID, play: late },
    { says: 'a life of 61 s', expect: INVALID, play: forged((claims) => ({ ...claims, exp: NOW + 61 })) },
  ],
  T175: [0, -1, 1.5, '1', 1].map((uses) => ({
    says: `uses ${JSON.stringify(uses)}`,
    expect: INVALID,
    play: forged((claims) => tctx(claims, { uses })),
  })),
  T176: [
    { says: 'an access token', expect: INVALID, play: forged(claimsOf, { type: 'at+jwt' }) },
    { says: 'no type to speak of', expect: INVALID, play: forged(claimsOf, { type: 'JWT' }) },
    {
      says: 'another issuer',
      expect: INVALID,
      play: forged((claims) => ({ ...claims, iss: 'https://as.example' })),
    },
    { says: 'signed by the authorization server', expect: INVALID, play: forged(claimsOf, { signer: issuerKey }) },
    {
      says: 'signed by it under our kid',
      expect: INVALID,
      play: forged(claimsOf, { signer: { ...issuerKey, thumbprint: key.thumbprint } }),
    },
    { says: 'untouched', expect: 'OK', play: forged(claimsOf) },
  ],
  T184: ['md5', 'none', 'sha-256'].map((algorithm) => ({
    says: algorithm,
    expect: INVALID,
    play: forged((claims) => tctx(claims, { ph_alg: algorithm })),
  })),
}

/** The cases that show only where a whole request runs, and what this level does for them. */
export const elsewhere: Readonly<Record<string, string>> = {
  T161: 'the binding hands the parsed, frozen arguments to the handler',
  T163: 'the digest is over `arguments` alone; the binding keeps `_meta` out of it',
  T167: 'consumption is never undone; the pipeline runs the tool after it',
  T178: 'the edge reads one message per request',
  T179: 'the edge refuses a call without an id',
  T181: 'the edge of the mediated profile strips what clients send',
  T182: 'the pipeline asks for a transaction only where a tool is called',
  T185: 'the pipeline decides again, on the relationships of now, before it consumes',
}
