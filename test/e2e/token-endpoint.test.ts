import { createTxnTokenVerifier } from '@lockstep/tokens'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { TRUST_DOMAIN } from '../../examples/expense-approval/server/expense-configuration.ts'
import { createAgentFetch } from '../../packages/agent/src/index.ts'
import { createProofKey } from '../../packages/engines/tokens/src/index.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import { createHouseAgent, type HouseAgent, type WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const ARGS = { invoiceId: 'INV-8831' }
const TOKEN = '/.lockstep/token'

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({ configuration: { limits: { bodyBytes: 8192 } } })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

/** The body of a token endpoint. */
const oauth = ({ text }: WireAnswer): Readonly<Record<string, unknown>> => JSON.parse(text)

/** Nothing was issued, the answer repeats nothing, and the refusal is recorded under the request's trace. */
async function expectNothingIssued(send: () => Promise<WireAnswer>, told: Readonly<Record<string, unknown>>) {
  const before = await house.effects()
  const answer = await send()
  expect({ status: answer.status, ...oauth(answer) }).toMatchObject(told)
  expect(answer.text).not.toMatch(/access_token|CANARY|INV-8831/)
  expect(answer.text).not.toContain(alice.accessToken)
  expect(house.recorded(answer.trace).at(-1)).toMatchObject({ outcome: 'denied' })
  expect(JSON.stringify(house.recorded(answer.trace))).not.toMatch(/CANARY|INV-8831/)
  expect(await house.effects()).toBe(before)
  return answer
}

test(proves('edge:token-endpoint:issued'), async () => {
  const answer = await alice.exchange(TOOL, ARGS)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const { access_token: jwt, ...rest } = oauth(answer)
  expect(rest).toEqual({
    issued_token_type: 'urn:ietf:params:oauth:token-type:txn_token',
    token_type: 'N_A',
    expires_in: expect.any(Number),
    scope: 'expenses:approve',
  })
  const verifier = createTxnTokenVerifier({
    issuer: house.resource,
    jwksUri: `${house.origin}/.lockstep/jwks`,
    trustDomain: TRUST_DOMAIN,
    clock: house.clock,
  })
  const verified = await verifier.verify(String(jwt))
  expect(verified).toMatchObject({
    ok: true,
    value: {
      subject: { id: 'user:alice' },
      actors: [PLANNER],
      thumbprint: alice.key.thumbprint,
      scopes: ['expenses:approve'],
      transaction: { tool: TOOL, audience: house.resource, resource: { type: 'Expense', id: 'INV-8831' } },
    },
  })
  const issued = house.recorded(answer.trace).at(-1)
  expect(issued).toMatchObject({
    step: 'invocation',
    outcome: 'permitted',
    subject: 'user:alice',
    actor: PLANNER,
    detail: { issued: verified.ok ? verified.value.id : '', tool: TOOL },
  })
  expect(JSON.stringify(house.recorded(answer.trace))).not.toContain(String(jwt))
  expect(await house.status('INV-8831'), 'nothing happened yet').toBe('submitted')
})

test(proves('edge:token-endpoint:issued', 'published keys are public'), async () => {
  const response = await fetch(`${house.origin}/.lockstep/jwks`)
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  expect(response.status).toBe(200)
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) expect(Object.keys(key)).not.toContain('d')
})

test.each<[string, Record<string, string | undefined>, string]>([
  ['a foreign audience', { audience: 'CANARY.example' }, 'invalid_target'],
  ['a wider scope', { scope: 'expenses:approve CANARY:all' }, 'invalid_scope'],
  ["somebody else's token", { subject_token: 'CANARY' }, 'invalid_request'],
  ['another grant', { grant_type: 'CANARY' }, 'unsupported_grant_type'],
  ['a parameter that is not understood', { CANARY: '1' }, 'invalid_request'],
  ['details that are no JSON', { request_details: '{"CANARY"' }, 'invalid_request'],
  ['no details', { request_details: undefined }, 'invalid_request'],
])(proves('edge:token-endpoint:refused', '%s'), async (_what, changes, error) => {
  await expectNothingIssued(() => alice.exchange(TOOL, ARGS, changes), { status: 400, error })
})

test(proves('edge:token-endpoint:refused', 'not form-encoded'), async () => {
  const form = alice.exchangeForm(TOOL, ARGS).toString()
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded-CANARY']) {
    const send = () => alice.post(form, { 'content-type': type }, TOKEN)
    const { text } = await expectNothingIssued(send, { status: 415, error: 'invalid_request' })
    expect(text).not.toMatch(/JSON/)
  }
})

test(proves('edge:token-endpoint:refused', 'by another method'), async () => {
  const before = await house.effects()
  const response = await alice.fetch(`${house.origin}${TOKEN}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: alice.exchangeForm(TOOL, ARGS).toString(),
  })
  expect(response.status).toBe(405)
  expect(await response.json()).toMatchObject({ error: 'invalid_request', code: 'gateway.method-unsupported' })
  expect(await house.effects()).toBe(before)
})

test(proves('edge:token-endpoint:refused', 'too large'), async () => {
  const send = () => alice.exchange(TOOL, { ...ARGS, note: 'CANARY'.repeat(2000) })
  await expectNothingIssued(send, { status: 413, error: 'invalid_request', code: 'gateway.body-too-large' })
})

test(proves('edge:token-endpoint:refused', 'an expired access token'), async () => {
  const late = await house.agent('alice', { expiresIn: -5 })
  const answer = await expectNothingIssued(() => late.exchange(TOOL, ARGS), {
    status: 401,
    error: { data: { code: 'gateway.token-expired' } },
  })
  expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token"/)
})

test(proves('edge:token-endpoint:refused', 'a proof by another key'), async () => {
  const { accessToken } = alice
  const key = await createProofKey()
  const stolen = createAgentFetch({ key, accessToken, resource: house.resource, clock: house.clock })
  const thief = createHouseAgent(house, { accessToken, key, fetch: stolen })
  const answer = await expectNothingIssued(() => thief.exchange(TOOL, ARGS), {
    status: 401,
    error: { data: { code: 'gateway.proof-key' } },
  })
  expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token"/)
})

test(proves('edge:token-endpoint:denied'), async () => {
  const denied = await house.invoice(2_000_001)
  await expectNothingIssued(() => alice.exchange(TOOL, { invoiceId: denied.id }), {
    status: 403,
    error: 'access_denied',
    code: 'invocation.denied',
  })
  await expectNothingIssued(() => alice.exchange(TOOL, { invoiceId: 17 }), {
    status: 400,
    error: 'invalid_request',
    code: 'invocation.arguments-invalid',
  })
  const challenged = await expectNothingIssued(() => alice.exchange(TOOL, { invoiceId: 'INV-9001' }), {
    status: 401,
    error: 'access_denied',
    unlock: { acr: ACR_MFA },
  })
  expect(challenged.headers.get('www-authenticate')).toMatch(
    /insufficient_user_authentication.*acr_values="urn:expense:acr:mfa"/,
  )
})

test(proves('edge:token-endpoint:denied', 'an absent tool'), async () => {
  const dave = await house.agent('dave')
  expect((await dave.list()).map(({ name }) => name)).not.toContain(TOOL)
  const answers = [
    await dave.exchange('noSuchTool', ARGS),
    await dave.exchange(TOOL, ARGS),
    await dave.exchange(TOOL, { invoiceId: 'INV-0000' }),
    await dave.exchange(TOOL, { invoiceId: 17 }),
    await dave.exchange(TOOL, {}),
  ].map(({ status, text }) => ({ status, text }))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size, 'one answer for all of them').toBe(1)
  expect(answers[0]?.text).toContain('discovery.tool-unknown')
})
