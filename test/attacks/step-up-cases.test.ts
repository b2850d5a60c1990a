import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA, ACR_PASSWORD } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { createAgentFetch } from '../../packages/agent/src/index.ts'
import { agedPolicies } from '../fixtures/expense/aged-policies.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const policies = agedPolicies()
let house: ExpenseHouse
let invoiceId: string
beforeAll(async () => {
  house = await openExpenseHouse({ configuration: { policies: policies.folder, maxAges: [300, 3_600] } })
  invoiceId = (await house.invoice(600_000)).id
})
afterAll(async () => {
  await house.close()
  policies.remove()
})

const now = () => Math.floor(house.clock() / 1000)

/** The answer **A** of the legend: one challenge, and nothing happened. */
async function expectChallenge(send: () => Promise<WireAnswer>, ...named: readonly string[]) {
  const before = await house.effects()
  const { status, headers, text, trace } = await send()
  expect(status).toBe(401)
  const challenge = headers.get('www-authenticate') ?? ''
  expect(challenge).toContain('DPoP error="insufficient_user_authentication"')
  expect(challenge.match(/(acr_values|max_age)="[^"]*"/g)).toEqual(named)
  expect(text).not.toContain(invoiceId)
  expect(house.recorded(trace).at(-1)).toMatchObject({ outcome: 'denied', code: 'invocation.denied' })
  expect(await house.effects()).toBe(before)
}

const MFA = `acr_values="${ACR_MFA}"`
const FRESH = 'max_age="300"'
const call = (agent: HouseAgent, ...beside: Parameters<HouseAgent['post']>[1][]) =>
  agent.post(
    { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: TOOL, arguments: { invoiceId } } },
    Object.assign({}, ...beside),
  )

test.each([
  ['lower', { acr: ACR_PASSWORD }, [MFA]],
  ['missing', { acr: undefined, claims: { auth_time: 0 } }, [MFA, FRESH]],
  ['an array', { acr: undefined, claims: { acr: [ACR_MFA] } }, [MFA, FRESH]],
  ['one that nobody declared', { acr: 'urn:other:mfa' }, [MFA]],
] as const)(proves('attacks:step-up:cases', 'T196, acr %s'), async (_name, options, named) => {
  const agent = await house.agent('alice', options as Parameters<ExpenseHouse['agent']>[1])
  await expectChallenge(() => call(agent), ...named)
})

test(proves('attacks:step-up:cases', 'T196, a sign-in that is too old'), async () => {
  const at = (seconds: number) => house.agent('alice', { acr: ACR_MFA, claims: { auth_time: now() - seconds } })
  const old = await at(400)
  await expectChallenge(() => call(old), MFA, FRESH)
  const fresh = await call(await at(10))
  expect([fresh.status, fresh.body.error?.data?.code]).toEqual([403, 'invocation.approval-required'])
  // An authorization server that ignores `max_age`: the same challenge again, and no other, however often.
  for (let turn = 0; turn < 3; turn += 1) {
    const again = await at(400)
    await expectChallenge(() => call(again), MFA, FRESH)
  }
})

test(proves('attacks:step-up:cases', 'T197'), async () => {
  const weak = await house.agent('alice')
  const claimed = { acr: ACR_MFA, auth_time: now(), 'x-acr': ACR_MFA }
  const params = { name: TOOL, arguments: { invoiceId }, acr: ACR_MFA, _meta: claimed }
  await expectChallenge(() => weak.post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }), MFA)
  await expectChallenge(() => call(weak, { acr: ACR_MFA, 'x-acr': ACR_MFA, 'x-auth-time': String(now()) }), MFA)
})

test(proves('attacks:step-up:cases', 'T199'), async () => {
  const agent = await house.agent('alice', { acr: ACR_PASSWORD, claims: { amr: ['pwd', 'mfa', 'hwk'] } })
  await expectChallenge(() => call(agent), MFA)
})

test(proves('attacks:step-up:cases', 'T200'), async () => {
  const alice = await house.agent('alice')
  const bob = await house.agent('bob', { acr: ACR_MFA })
  const before = await house.effects()
  const send = createAgentFetch({
    ...{ key: alice.key, accessToken: bob.accessToken, resource: house.resource, clock: house.clock },
    ...{ idempotencyKey: 'none', patience: 0 },
  })
  const response = await send(house.resource, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: TOOL, arguments: { invoiceId } },
    }),
  })
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token", /)
  expect(await house.effects()).toBe(before)
})
