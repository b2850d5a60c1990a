import { type Caller, digest, revocableName } from '@lockstep/core'
import { consumeTransaction } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { ARGUMENTS, admit, agree, createWorld, INVOICE, NOW, parametersOf, TTS } from './transaction-world.ts'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const GATEWAY = 'spiffe://example.org/gateways/edge'
const SHA256 = digest('the certificate of the gateway')

type Changes = Readonly<Record<string, string>>

/** The parameters of a replacement. */
function replacing(jwt: string, changes: Changes = {}, details?: unknown): [string, string][] {
  const all = { subject_token: jwt, subject_token_type: `${TYPE}txn_token`, ...changes }
  const given = parametersOf(details).filter(([name]) => !Object.hasOwn(all, name))
  return [...given, ...Object.entries(all)]
}

/** A world with one honest token of both scopes in it. */
async function issued(caller: Caller = admit()) {
  const world = createWorld()
  const both = parametersOf().map(([name, value]): [string, string] => [
    name,
    name === 'scope' ? 'expenses:approve expenses:read' : value,
  ])
  const jwt = String((await world.exchange(both, caller)).body.access_token)
  const verified = await world.verifier.verify(jwt)
  if (!verified.ok) throw new Error('expected a token')
  return { world, jwt, token: verified.value, before: world.signed() }
}

test(proves('transactions:replaced'), async () => {
  const { world, jwt, token } = await issued()
  world.setNow(NOW + 20)
  const answer = await world.exchange(replacing(jwt))
  expect(answer.body).toMatchObject({
    issued_token_type: `${TYPE}txn_token`,
    token_type: 'N_A',
    expires_in: 40,
    scope: 'expenses:approve',
  })
  const replaced = await world.verifier.verify(String(answer.body.access_token))
  expect(replaced).toEqual({
    ok: true,
    value: { ...token, scopes: ['expenses:approve'], issuedAt: NOW + 20 },
  })

  // Of the two tokens of one transaction one is used, in any order.
  const state = createMemoryState({ clock: world.clock })
  if (!replaced.ok) throw new Error('expected a token')
  expect(await consumeTransaction(state.singleUse, replaced.value, world.clock)).toBeUndefined()
  expect(await consumeTransaction(state.singleUse, token, world.clock)).toEqual({
    code: 'invocation.txn-token-replayed',
  })
  await state.close()
})

test(proves('transactions:replaced', 'a replacement of a replacement ends with the first'), async () => {
  const { world, jwt, token } = await issued()
  let last = jwt
  for (const at of [10, 30, 59]) {
    world.setNow(NOW + at)
    last = String((await world.exchange(replacing(last))).body.access_token)
    expect(await world.verifier.verify(last)).toMatchObject({ ok: true, value: { id: token.id, expiresAt: NOW + 60 } })
  }
})

test(proves('transactions:replaced', 'by the gateway that presents it on'), async () => {
  const { world, jwt, token } = await issued()
  const caller = admit({ proof: { kind: 'mtls', certificate: SHA256 }, scopes: token.scopes })
  const answer = await world.exchange([...replacing(jwt), ['client_id', GATEWAY]], caller, jwt, GATEWAY)
  const { thumbprint: _, ...kept } = token
  expect(await world.verifier.verify(String(answer.body.access_token))).toEqual({
    ok: true,
    value: {
      ...kept,
      certificate: SHA256,
      scopes: ['expenses:approve'],
      requestingWorkload: GATEWAY,
      environment: { ...token.environment, proof: 'mtls' },
    },
  })
})

describe(proves('transactions:never-wider'), () => {
  const refusals: readonly (readonly [
    says: string,
    error: string,
    code: string | undefined,
    parameters: (jwt: string) => [string, string][],
    caller?: Caller,
  ])[] = [
    [
      'a scope that the caller has and the token has not',
      'invalid_scope',
      undefined,
      (jwt) => replacing(jwt, { scope: 'expenses:approve other' }),
      admit({ scopes: ['expenses:read', 'expenses:approve', 'other'] }),
    ],
    [
      'other arguments',
      'access_denied',
      'invocation.txn-params-mismatch',
      (jwt) => replacing(jwt, {}, { tool: 'approveExpense', arguments: { ...ARGUMENTS, invoiceId: 'INV-9001' } }),
    ],
    [
      'another tool',
      'access_denied',
      'invocation.txn-params-mismatch',
      (jwt) => replacing(jwt, {}, { tool: 'deleteExpense', arguments: ARGUMENTS }),
    ],
    [
      'another subject',
      'access_denied',
      'invocation.txn-caller-mismatch',
      (jwt) => replacing(jwt),
      admit({ subject: { issuer: 'https://as.example', id: 'user:bob' } }),
    ],
    [
      'another actor',
      'access_denied',
      'invocation.txn-caller-mismatch',
      (jwt) => replacing(jwt),
      admit({ actor: { id: 'spiffe://example.org/agents/other', basis: 'proved', chain: [] } }),
    ],
    [
      'another key',
      'access_denied',
      'invocation.txn-caller-mismatch',
      (jwt) => replacing(jwt),
      admit({ proof: { kind: 'dpop', thumbprint: SHA256 } }),
    ],
    ['another domain', 'invalid_target', undefined, (jwt) => replacing(jwt, { audience: 'other.org' })],
    ['no token of ours', 'invalid_request', undefined, () => replacing('e30.e30.e30')],
    ['its payload changed', 'invalid_request', undefined, (jwt) => replacing(jwt.replace(/\.[^.]+\./, '.e30.'))],
  ]
  test.each(refusals.map((refusal) => [refusal[0], refusal] as const))('%s', async (_says, refusal) => {
    const [, error, code, parameters, caller = admit()] = refusal
    const { world, jwt, before } = await issued()
    const answer = await world.exchange(parameters(jwt), caller)
    expect(answer).toMatchObject({ ok: false, body: { error, ...(code ? { code } : {}) } })
    expect(answer.body).not.toHaveProperty('access_token')
    expect(world.signed()).toBe(before)
    expect(JSON.stringify(answer)).not.toContain(jwt)
  })

  test('after its use', async () => {
    const { world, jwt, token, before } = await issued()
    world.used.add(`${token.trustDomain.length}:${token.trustDomain}${token.id}`)
    const answer = await world.exchange(replacing(jwt))
    expect(answer).toMatchObject({ status: 403, body: { code: 'invocation.txn-token-replayed' } })
    expect(world.signed()).toBe(before)
  })

  test('after it was revoked', async () => {
    const { world, jwt, token, before } = await issued()
    world.revoked.add(revocableName({ token: { issuer: token.issuer, id: token.id } }))
    const answer = await world.exchange(replacing(jwt))
    expect(answer).toMatchObject({ ok: false, body: { code: 'invocation.txn-token-invalid' } })
    expect(world.signed()).toBe(before)
  })

  test('after its end', async () => {
    const { world, jwt, before } = await issued()
    world.setNow(NOW + 60)
    expect(await world.exchange(replacing(jwt))).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(world.signed()).toBe(before)
  })

  test('after the resource or the policy changed', async () => {
    const { world: first, jwt } = await issued()
    for (const [code, agreed] of [
      ['invocation.resource-changed', agree(ARGUMENTS, { ...INVOICE, amount: 1 })],
      ['invocation.policy-changed', agree(ARGUMENTS, INVOICE, 'v2')],
    ] as const) {
      const world = createWorld(() => ({ ok: true, value: agreed }))
      const answer = await world.exchange(replacing(jwt))
      expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied', code } })
      expect(world.signed()).toBe(0)
    }
    expect(first.signed()).toBe(1)
  })

  test('by a gateway, for another than it was issued for', async () => {
    const { world, jwt, token, before } = await issued()
    const proof = { kind: 'mtls', certificate: SHA256 } as const
    const others = [
      admit({ proof, scopes: token.scopes, subject: { issuer: 'https://as.example', id: 'user:bob' } }),
      admit({ proof, scopes: ['expenses:approve'] }),
    ]
    for (const other of others) {
      const answer = await world.exchange(replacing(jwt), other, jwt, GATEWAY)
      expect(answer).toMatchObject({ status: 403, body: { code: 'invocation.txn-caller-mismatch' } })
    }
    const admittedWithAnother = await world.exchange(replacing(jwt), admit({ proof }), `${jwt}x`, GATEWAY)
    expect(admittedWithAnother).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(world.signed()).toBe(before)
  })

  test('an older token is not replaced', async () => {
    const { checkReplacement } = await import('../src/replace-transaction.ts')
    const { token } = await issued()
    const call = { ...token.transaction }
    const replacement = {
      token: { ...token, legacy: true as const },
      caller: admit(),
      mediated: false,
      scopes: [],
      call,
    }
    expect(checkReplacement(replacement)).toMatchObject({ ok: false, refusal: { error: 'invalid_request' } })
    expect(TTS).toBe(token.issuer)
  })
})
