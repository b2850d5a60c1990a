import type { JsonObject } from '@lockstep/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'listExpenses'
const INVALID = { status: 403, code: 'invocation.capability-invalid' }

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse()
  alice = await house.agent('alice')
})
afterAll(() => house.close())

const sentBack = (capability: unknown) => ({ meta: { 'lockstep/capability': capability } as JsonObject })
const jwsOf = ({ jws }: JsonObject) => String(jws)
const refused = (capability: unknown, agent = alice, tool = TOOL) =>
  expectRefusal(house, () => agent.call(tool, {}, sentBack(capability)), { ...INVALID, secrets: ['CANARY'] })

test(proves('edge:capability:accepted'), async () => {
  const capability = await alice.capability(TOOL)
  expect(capability).toMatchObject({ tool: TOOL, state: 'usable', jws: expect.stringMatching(/^eyJ/) })
  for (const form of [capability, jwsOf(capability), { jws: jwsOf(capability) }]) {
    expect((await alice.call(TOOL, {}, sentBack(form))).status).toBe(200)
  }
  // It authorizes nothing that the call would not be permitted without it.
  const own = await alice.capability('approveExpense')
  await expectRefusal(house, () => alice.call('approveExpense', { invoiceId: 'INV-8831' }, sentBack(own)), {
    status: 403,
    code: 'invocation.txn-token-missing',
  })
})

test(proves('edge:capability:refused', 'altered'), async () => {
  const capability = await alice.capability('approveExpense')
  const [header = '', payload = '', signature = ''] = jwsOf(capability).split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const write = (changed: object) => Buffer.from(JSON.stringify(changed)).toString('base64url')
  const forgeries: unknown[] = [
    `${header}.${write({ ...claims, tool: TOOL })}.${signature}`,
    `${header}.${write({ ...claims, limits: { anyOf: [{}], complete: true } })}.${signature}`,
    `${write({ alg: 'none', typ: 'lockstep-capability+jwt' })}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    alice.accessToken,
    await alice.txnToken('approveExpense', { invoiceId: 'INV-8831' }),
    'CANARY',
    '',
    null,
    17,
    {},
    [],
    { jws: { CANARY: 1 } },
    { ...capability, jws: undefined },
  ]
  for (const forged of forgeries) await refused(forged)
})

test(proves('edge:capability:refused', 'for another tool, or another caller'), async () => {
  await refused(await alice.capability('queryExpenses'))
  const capability = await alice.capability(TOOL)
  const others = {
    'another subject with the same key': await house.agent('bob', { key: alice.key }),
    'the same subject with another key': await house.agent('alice'),
    'another actor with the same key': await house.agent('alice', {
      key: alice.key,
      actor: 'spiffe://expense.example/agents/other',
    }),
  }
  for (const other of Object.values(others)) {
    await refused(capability, other)
    expect((await other.call(TOOL, {}, sentBack(await other.capability(TOOL)))).status, 'its own').toBe(200)
  }
})

test(proves('edge:capability:refused', 'issued under another policy'), async () => {
  const capability = await alice.capability(TOOL)
  const undo = await editPolicy(house, 'approve.cedar', (text) => text.replaceAll('500000', '499999'))
  await refused(capability)
  expect((await alice.call(TOOL, {}, sentBack(await alice.capability(TOOL)))).status, 'a new one').toBe(200)
  await undo()
  expect((await alice.call(TOOL, {}, sentBack(capability))).status, 'the same policy again').toBe(200)
})

test(proves('edge:capability:refused', 'expired'), async () => {
  const capability = await alice.capability(TOOL)
  house.advance(30_000)
  expect((await alice.call(TOOL, {}, sentBack(capability))).status).toBe(200)
  house.advance(31_000)
  await refused(capability)
  expect((await alice.call(TOOL, {})).status, 'nobody needs one').toBe(200)
})
