import { type Caller, digest, type JsonObject, parseJson } from '@lockstep/core'
import { checkTransaction, consumeTransaction } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import {
  createEnvelopeSigner,
  createSigningKey,
  createTxnTokenVerifier,
  type SigningKey,
  signJwt,
} from '@lockstep/tokens'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { ARGUMENTS, AUDIENCE, admit, agentKey, INVOICE, NOW, present, TRUST_DOMAIN, TTS } from './transaction-world.ts'

const LEGACY = 'https://legacy-tts.example.org'
const TOOL = 'spiffe://example.org/tools/approveExpense'
const OTHER_TOOL = 'spiffe://example.org/tools/payExpense'
const ACTOR = 'spiffe://example.org/agents/planner-42'
const clock = () => NOW * 1000
const [key, ours, stranger] = await Promise.all([createSigningKey(), createSigningKey(), createSigningKey()])
const jwksOf = (one: SigningKey) => ({ keys: [{ ...one.publicJwk, kid: one.thumbprint }] })
const terms = { issuer: TTS, jwks: jwksOf(ours), trustDomain: TRUST_DOMAIN, clock }
const legacy = {
  issuer: LEGACY,
  jwks: jwksOf(key),
  audiences: { approveExpense: TOOL, payExpense: OTHER_TOOL },
  subjectIssuer: 'https://as.example',
  resource: AUDIENCE,
}
const verifier = createTxnTokenVerifier({ ...terms, legacy })

const cap = { tool: 'approveExpense', arguments: ARGUMENTS, uses: 1 }
const claims: JsonObject = {
  iss: LEGACY,
  sub: 'user:alice',
  actor: ACTOR,
  aud: TOOL,
  iat: NOW,
  exp: NOW + 60,
  jti: 'old-1',
  cnf: { jkt: agentKey.thumbprint },
  cap,
}
const forge = (change: JsonObject = {}, type = 'mcp-txn+jwt', signer = key) =>
  signJwt(signer, type, JSON.parse(JSON.stringify({ ...claims, ...change })))
const without = (name: string) => {
  const { [name]: _, ...others } = claims
  return others
}
const INVALID = 'invocation.txn-token-invalid'
const MISMATCH = 'invocation.txn-params-mismatch'
const CALLER = 'invocation.txn-caller-mismatch'

async function answer(jwt: string, presented = present()) {
  const outcome = await verifier.verify(jwt)
  if (!outcome.ok) return outcome.denial.code
  return checkTransaction(outcome.value, presented)?.code ?? 'OK'
}

test(proves('invocation:txn-token:legacy'), async () => {
  expect(await verifier.verify(await forge())).toEqual({
    ok: true,
    value: {
      legacy: true,
      issuer: LEGACY,
      trustDomain: TRUST_DOMAIN,
      id: 'old-1',
      subject: { issuer: 'https://as.example', id: 'user:alice' },
      actors: [ACTOR],
      thumbprint: agentKey.thumbprint,
      scopes: [],
      requestingWorkload: LEGACY,
      transaction: {
        tool: 'approveExpense',
        audience: AUDIENCE,
        argumentsDigest: digest(ARGUMENTS),
        policyVersion: '',
      },
      environment: { proof: 'dpop' },
      issuedAt: NOW,
      expiresAt: NOW + 60,
    },
  })
  expect(await answer(await forge())).toBe('OK')
})

test(proves('invocation:txn-token:legacy', 'only where it is configured'), async () => {
  const without = createTxnTokenVerifier(terms)
  for (const type of ['mcp-txn+jwt', 'txntoken+jwt', 'JWT']) {
    expect(await without.verify(await forge({}, type))).toMatchObject({ ok: false, denial: { code: INVALID } })
  }
})

test(proves('invocation:txn-token:legacy', 'used up once'), async () => {
  const state = createMemoryState({ clock })
  const outcome = await verifier.verify(await forge())
  if (!outcome.ok) throw new Error('expected a token')
  expect(await consumeTransaction(state.singleUse, outcome.value, clock)).toBeUndefined()
  expect(await consumeTransaction(state.singleUse, outcome.value, clock)).toEqual({
    code: 'invocation.txn-token-replayed',
  })
  await state.close()
})

test(proves('invocation:txn-token:legacy', 'bound to a certificate, or to both'), async () => {
  const print = `${'c'.repeat(42)}A`
  const proved = (proof: Caller['proof']) => present({ caller: admit({ proof }) })
  const certificate = { 'x5t#S256': print }
  const { thumbprint } = agentKey
  const onCertificate = await forge({ cnf: certificate })
  const onBoth = await forge({ cnf: { ...certificate, jkt: thumbprint } })
  expect(await answer(onCertificate, proved({ kind: 'mtls', certificate: print }))).toBe('OK')
  expect(await answer(onCertificate, proved({ kind: 'dpop+mtls', thumbprint, certificate: print }))).toBe('OK')
  expect(await answer(onCertificate, proved({ kind: 'mtls', certificate: `${'d'.repeat(42)}A` }))).toBe(CALLER)
  expect(await answer(onCertificate, proved({ kind: 'dpop', thumbprint }))).toBe(CALLER)
  expect(await answer(onCertificate, proved({ kind: 'bearer' }))).toBe(CALLER)
  expect(await answer(onBoth, proved({ kind: 'dpop+mtls', thumbprint, certificate: print }))).toBe('OK')
  expect(await answer(onBoth, proved({ kind: 'mtls', certificate: print }))).toBe(CALLER)
  expect(await answer(onBoth, proved({ kind: 'dpop', thumbprint }))).toBe(CALLER)
})

test(proves('invocation:txn-token:legacy', 'without a time of issue it lives no longer'), async () => {
  expect(await answer(await signJwt(key, 'mcp-txn+jwt', without('iat')))).toBe('OK')
  const long = { ...without('iat'), exp: NOW + 120 }
  expect(await answer(await signJwt(key, 'mcp-txn+jwt', long))).toBe(INVALID)
})

const envelopes = await createEnvelopeSigner({ keys: [key], clock })
const envelope = () =>
  envelopes.sign({
    jti: 'capability',
    sub: 'user:alice',
    act: { sub: ACTOR },
    tool: 'approveExpense',
    descriptor: 'd',
    limits: { anyOf: [{}], complete: true },
    policy: 'v1',
    iat: NOW,
    exp: NOW + 60,
  })
const capOf = (change: JsonObject) => ({ cap: { ...cap, ...change } })
const sent = (text: string) => digest(parseJson(Buffer.from(text), { maxBytes: 4_096, maxDepth: 9 }))

describe(proves('invocation:txn-token:legacy-attack'), () => {
  test.each<[string, string, () => Promise<string>, Parameters<typeof present>[0]?]>([
    ['T34, an access token', INVALID, () => forge({}, 'at+jwt')],
    ['T35, a capability envelope', INVALID, envelope],
    ['T169, the key of another', CALLER, () => forge({ cnf: { jkt: stranger.thumbprint } })],
    ['T169, bound to nothing', INVALID, () => forge({ cnf: { mtls: true } })],
    ['T169, bound to nothing beside a key', INVALID, () => forge({ cnf: { mtls: true, jkt: agentKey.thumbprint } })],
    ['T169, no binding', INVALID, () => signJwt(key, 'mcp-txn+jwt', without('cnf'))],
    ['T170, another tool as audience', INVALID, () => forge({ aud: OTHER_TOOL })],
    ['T170, the trust domain as audience', INVALID, () => forge({ aud: TRUST_DOMAIN })],
    ['T170, two audiences', INVALID, () => forge({ aud: [TOOL, OTHER_TOOL] })],
    ['T170, a tool that is not configured', INVALID, () => forge({ aud: 'x', ...capOf({ tool: 'toString' }) })],
    ['T170, used at another tool', MISMATCH, () => forge(), { tool: 'payExpense' }],
    ['T170, used at another server', MISMATCH, () => forge(), { audience: 'https://other.example/mcp' }],
    [
      'T172, the subject of another tenant',
      CALLER,
      () => forge(),
      { caller: admit({ subject: { issuer: 'https://tenant-2.example', id: 'user:alice' } }) },
    ],
    ['T172, another department', MISMATCH, () => forge(capOf({ arguments: { ...ARGUMENTS, dept: '7' } }))],
    ['T175, no use', INVALID, () => forge(capOf({ uses: 0 }))],
    ['T175, less than none', INVALID, () => forge(capOf({ uses: -1 }))],
    ['T175, one and a half', INVALID, () => forge(capOf({ uses: 1.5 }))],
    ['T175, as text', INVALID, () => forge(capOf({ uses: '1' }))],
    ['T175, two', INVALID, () => forge(capOf({ uses: 2 }))],
    ['T175, unsaid', INVALID, () => forge({ cap: { tool: 'approveExpense', arguments: ARGUMENTS } })],
    ['T176, the type of the draft with a tool as audience', INVALID, () => forge({}, 'txntoken+jwt')],
    ['T176, the same by our own service', INVALID, () => forge({}, 'txntoken+jwt', ours)],
    ['T176, no type to speak of', INVALID, () => forge({}, 'JWT')],
    ['T176, signed by our own service', INVALID, () => forge({}, 'mcp-txn+jwt', ours)],
    [
      'T176, signed by a stranger under its kid',
      INVALID,
      () => forge({}, 'mcp-txn+jwt', { ...stranger, thumbprint: key.thumbprint }),
    ],
    ['T176, in the name of our service', INVALID, () => forge({ iss: TTS })],
    ['T184, another digest', INVALID, () => forge(capOf({ ph_alg: 'md5' }))],
    ['T184, none beside it', INVALID, () => forge({ ph_alg: 'none' })],
    ['an actor as an object', INVALID, () => forge({ actor: { sub: ACTOR } })],
    ['another actor', CALLER, () => forge({ actor: 'spiffe://example.org/agents/other' })],
    [
      'an actor for another',
      CALLER,
      () => forge(),
      { caller: admit({ actor: { id: ACTOR, basis: 'proved', chain: ['x'] } }) },
    ],
    ['a limit that is not understood', INVALID, () => forge(capOf({ max_amount: 5000 }))],
    ['a claim that is not understood', INVALID, () => forge({ nbf: NOW })],
    ['no arguments', INVALID, () => forge({ cap: { tool: 'approveExpense', uses: 1 } })],
    ['arguments without one form', INVALID, () => forge(capOf({ arguments: { amount: 2 ** 53 } }))],
    ['other arguments', MISMATCH, () => forge(), { argumentsDigest: sent('{"invoiceId":"INV-9001"}') }],
    ['expired', INVALID, () => forge({ iat: NOW - 60, exp: NOW })],
    ['a life of 61 seconds', INVALID, () => forge({ exp: NOW + 61 })],
    ['a time as text', INVALID, () => forge({ exp: String(NOW + 60) })],
  ])('%s', async (_, expected, make, change = {}) => {
    expect(await answer(await make(), present(change))).toBe(expected)
  })

  test.each(['iss', 'sub', 'actor', 'aud', 'exp', 'jti', 'cnf', 'cap'])('without `%s`', async (name) => {
    expect(await answer(await signJwt(key, 'mcp-txn+jwt', without(name)))).toBe(INVALID)
  })

  test('what it does not state is not compared, and what is stored decides', async () => {
    expect(await answer(await forge(), present({ resourceDigest: digest({ ...INVOICE, amount: 1 }) }))).toBe('OK')
  })
})

test(proves('invocation:txn-token:options', 'of the older form'), () => {
  const bad: readonly (readonly [object, string])[] = [
    [{ ...legacy, type: 'txntoken+jwt' }, 'unknown option `type`'],
    [{ ...legacy, subjectIssuer: '' }, '`subjectIssuer`'],
    [{ ...legacy, audiences: { approveExpense: '' } }, '`approveExpense`'],
    [{ ...legacy, audiences: { approveExpense: TOOL, payExpense: TOOL } }, 'twice'],
    [{ ...legacy, jwks: undefined }, 'exactly one'],
  ]
  for (const [given, message] of bad) {
    expect(() => createTxnTokenVerifier({ ...terms, legacy: Object.assign({ ...legacy }, given) })).toThrow(message)
  }
})
