import { digest, type Outcome } from '@lockstep/core'
import { type AgreedTransaction, checkTransaction } from '@lockstep/invocation'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { ARGUMENTS, AUDIENCE, admit, agree, createWorld, NOW, parametersOf, present } from './transaction-world.ts'

const CERTIFICATE = digest('a certificate')
const GATEWAY = 'spiffe://example.org/gateways/edge'

test(proves('transactions:certificate'), async () => {
  const world = createWorld()
  const proof = { kind: 'mtls', certificate: CERTIFICATE } as const
  const answer = await world.exchange(parametersOf(), admit({ proof }))
  const verified = await world.verifier.verify(String(answer.body.access_token))
  expect(verified).toMatchObject({ ok: true, value: { certificate: CERTIFICATE, environment: { proof: 'mtls' } } })
  if (!verified.ok) return
  expect(verified.value).not.toHaveProperty('thumbprint')
  const told = (change: Parameters<typeof admit>[0]) =>
    checkTransaction(verified.value, present({ caller: admit(change) }))?.code
  expect(told({ proof })).toBeUndefined()
  const others = [
    { kind: 'mtls', certificate: digest('another') } as const,
    { kind: 'dpop', thumbprint: CERTIFICATE } as const,
    { kind: 'dpop', certificate: CERTIFICATE } as const,
    { kind: 'bearer' } as const,
  ]
  for (const other of others) expect(told({ proof: other })).toBe('invocation.txn-caller-mismatch')
})

test(
  proves('transactions:certificate', 'a key outlives certificates, so where both were proved it is the key'),
  async () => {
    const world = createWorld()
    const { thumbprint } = admit().proof
    const proof = { kind: 'dpop+mtls', certificate: CERTIFICATE, ...(thumbprint ? { thumbprint } : {}) } as const
    const { body } = await world.exchange(parametersOf(), admit({ proof }))
    const verified = await world.verifier.verify(String(body.access_token))
    expect(verified).toMatchObject({ ok: true, value: { thumbprint, environment: { proof: 'dpop' } } })
    expect(verified.ok && verified.value.certificate).toBeUndefined()
  },
)

test(proves('transactions:certificate', 'and says when the subject signed in'), async () => {
  const world = createWorld()
  const assurance = { acr: 'pwd', satisfied: ['pwd'], authenticatedAt: NOW - 100.5 }
  const { body } = await world.exchange(parametersOf(), admit({ assurance }))
  expect(await world.verifier.verify(String(body.access_token))).toMatchObject({
    ok: true,
    value: { environment: { acr: 'pwd', authenticatedAt: NOW - 101, proof: 'dpop' } },
  })
})

const DETAILS = [{ type: 'mcp_tool_call', locations: [AUDIENCE], tool: 'approveExpense' }]

test(proves('transactions:narrowed', 'what the request says is what the policy is asked within'), async () => {
  const world = createWorld()
  const capability = { jws: 'a.b.c' }
  const answer = await world.exchange([
    ...parametersOf({ tool: 'approveExpense', arguments: ARGUMENTS, capability }),
    ['authorization_details', JSON.stringify(DETAILS)],
    ['resource', AUDIENCE],
    ['request_context', '{"ip":"127.0.0.1"}'],
  ])
  expect(answer.status).toBe(200)
  expect(world.asked).toMatchObject([{ narrowing: { authorizationDetails: DETAILS, capability } }])
  // What somebody says of themselves is not stated as if it had been seen.
  expect(JSON.stringify(answer)).not.toContain('127.0.0.1')
})

test(proves('transactions:narrowed', 'it does not outlive a capability'), async () => {
  for (const [notAfter, life] of [
    [NOW + 5, 5],
    [NOW + 500, 60],
  ] as const) {
    const answer = (args: Parameters<typeof agree>[0]): Outcome<AgreedTransaction> => ({
      ok: true,
      value: { ...agree(args), notAfter },
    })
    expect((await createWorld(answer).exchange()).body.expires_in).toBe(life)
  }
})

test.each<[string, [string, string], string]>([
  ['another resource', ['resource', 'https://other.example/mcp'], 'invalid_target'],
  ['details of another type', ['authorization_details', '[{"type":"payment"}]'], 'invalid_authorization_details'],
  ['details that are no list', ['authorization_details', '{}'], 'invalid_authorization_details'],
  ['details that are no JSON', ['authorization_details', '[{'], 'invalid_authorization_details'],
  ['half a character', ['authorization_details', '"\ud800"'], 'invalid_authorization_details'],
  ['a context that is no object', ['request_context', '[]'], 'invalid_request'],
  ['the client of somebody else', ['client_id', GATEWAY], 'invalid_request'],
])(proves('transactions:narrowed', 'refused: %s'), async (_says, parameter, error) => {
  const world = createWorld()
  const answer = await world.exchange([...parametersOf(), parameter])
  expect(answer).toMatchObject({ ok: false, status: 400, body: { error } })
  expect([world.asked.length, world.signed()]).toEqual([0, 0])
})
