import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { CONSOLE, type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const REQUIRED = { status: 403, code: 'invocation.approval-required' }
const INVALID = { status: 403, code: 'invocation.approval-invalid' }

let house: ExpenseHouse
let weak: HouseAgent
let alice: HouseAgent
let bob: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse()
  weak = await house.agent('alice')
  alice = await house.agent('alice', { acr: ACR_MFA })
  bob = await house.approver('bob')
})
afterAll(() => house.close())

const idOf = ({ body }: WireAnswer) => body.error?.data?.unlock?.approval?.id ?? ''

/** An invoice above alice's limit, with the request for consent that her call left. */
async function requested() {
  const { id, amount } = await house.invoice(600_000)
  const args = { invoiceId: id }
  const waiting = await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: [id] })
  return { id, amount, args, approval: idOf(waiting) }
}

test(proves('edge:approval:http'), async () => {
  const args = { invoiceId: 'INV-9001' }
  const before = await house.effects()
  const challenged = await weak.call(TOOL, args)
  expect(challenged.status).toBe(401)
  expect(challenged.headers.get('www-authenticate')).toMatch(
    /^DPoP error="insufficient_user_authentication", .*acr_values="urn:expense:acr:mfa"/,
  )
  expect(challenged.body.error?.data).toMatchObject({ unlock: { acr: ACR_MFA } })
  expect(house.recorded(challenged.trace).at(-1)).toMatchObject({ outcome: 'denied', code: 'invocation.denied' })
  expect(challenged.text).not.toContain('INV-9001')

  const waiting = await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: ['INV-9001'] })
  const approval = idOf(waiting)
  expect(approval).toMatch(/^[A-Za-z0-9_-]{32}$/)
  // The token endpoint demands the same, and the same request waits.
  const exchange = await alice.exchange(TOOL, args)
  expect([exchange.status, JSON.parse(exchange.text)]).toMatchObject([
    403,
    { error: 'access_denied', code: REQUIRED.code, approval_id: approval },
  ])
  expect(await house.effects()).toBe(before)

  const consented = await bob.consent(approval)
  expect([consented.status, JSON.parse(consented.text)]).toEqual([
    200,
    { id: approval, state: 'approved', given: 1, needed: 1 },
  ])
  expect(consented.headers.get('cache-control')).toBe('no-store')
  expect(house.recorded(consented.trace).at(-1)).toMatchObject({
    step: 'invocation',
    outcome: 'permitted',
    subject: 'user:bob',
    actor: CONSOLE,
    detail: { approval },
  })
  expect(await house.effects(), 'consent alone does nothing').toBe(before)
  await expectRefusal(house, () => weak.call(TOOL, args), { status: 401, code: 'invocation.denied' })

  const txnToken = await alice.txnToken(TOOL, args)
  const done = await alice.call(TOOL, args, { txnToken })
  expect([done.status, done.body.result?.structuredContent]).toEqual([
    200,
    { invoiceId: 'INV-9001', status: 'approved' },
  ])
  const intent = house.recorded(done.trace).find(({ step }) => step === 'invocation')
  expect(intent).toMatchObject({ actor: PLANNER, detail: { approval, approvers: ['user:bob'] } })
  expect(await house.status('INV-9001')).toBe('approved')

  // Once: the consent is used up, also where the row could be changed again.
  await house.data.pglite.query("update expenses set status = 'submitted' where id = 'INV-9001'")
  const next = await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED)
  expect(idOf(next)).not.toBe(approval)
  await expectRefusal(house, () => bob.consent(approval), INVALID)
})

test(proves('edge:approval:refused', 'by the wrong person'), async () => {
  const { id, args, approval } = await requested()
  const self = { status: 403, code: 'invocation.approval-self', secrets: [id] }
  // Whoever is not asked learns nothing of the request: not that it is there.
  const refused = { ...INVALID, secrets: [id] }
  const own = await house.approver('alice')
  await expectRefusal(house, () => own.consent(approval), self)
  await expectRefusal(house, () => alice.consent(approval), self)
  // The agent that asked does not consent for somebody else either.
  const planner = await house.agent('bob')
  await expectRefusal(house, () => planner.consent(approval), self)
  for (const person of ['carol', 'dave', 'nobody']) {
    const wrong = await house.approver(person)
    await expectRefusal(house, () => wrong.consent(approval), refused)
  }
  await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED)
  expect((await bob.consent(approval)).status, 'it still waits for the right one').toBe(200)
})

test(proves('edge:approval:refused', 'to an unknown id'), async () => {
  const { approval } = await requested()
  const ids = ['CANARY', 'A'.repeat(32), `${approval}A`, '', alice.accessToken, '%2e%2e%2ftoken', `${approval}/CANARY`]
  for (const id of ids) {
    const answer = await expectRefusal(house, () => bob.consent(id), { ...INVALID, secrets: [id, 'CANARY'] })
    expect(JSON.stringify(house.recorded(answer.trace)), 'nor is it recorded').not.toMatch(/CANARY|eyJ/)
  }
  const shown = await bob.fetch(`${house.origin}/.lockstep/approvals/${approval}`, { method: 'PUT' })
  expect(JSON.parse(await shown.text()).error.data.code).toBe('discovery.method-unsupported')
  expect((await bob.consent(approval)).status, 'looking approves nothing').toBe(200)
})

test(proves('edge:approval:refused', 'to what changed'), async () => {
  const set = (id: string, cents: number) =>
    house.data.pglite.query('update expenses set amount = $2 where id = $1', [id, cents])
  // Before the consent.
  const first = await requested()
  await set(first.id, first.amount + 1)
  await expectRefusal(house, () => bob.consent(first.approval), { ...INVALID, secrets: [first.id] })
  // After it: the call, and the exchange, ask for another.
  const second = await requested()
  expect((await bob.consent(second.approval)).status).toBe(200)
  await set(second.id, second.amount + 1)
  const again = await expectRefusal(house, () => alice.call(TOOL, second.args), { ...REQUIRED, secrets: [second.id] })
  expect(idOf(again)).not.toBe(second.approval)
  // With a token that was issued before: the token tells the change, if the policy would not.
  await set(second.id, second.amount)
  const txnToken = await alice.txnToken(TOOL, second.args)
  await set(second.id, second.amount + 1)
  await expectRefusal(house, () => alice.call(TOOL, second.args, { txnToken }), REQUIRED)
  await set(second.id, second.amount)
  expect((await alice.call(TOOL, second.args, { txnToken })).status, 'nothing was used up').toBe(200)
})

test(proves('edge:approval:refused', 'for other arguments, and after its time'), async () => {
  const { args, approval, id } = await requested()
  expect((await bob.consent(approval)).status).toBe(200)
  await expectRefusal(house, () => alice.call(TOOL, { ...args, note: 'CANARY' }), { ...REQUIRED, secrets: ['CANARY'] })
  house.advance(601_000)
  const late = await house.agent('alice', { acr: ACR_MFA, key: alice.key })
  await expectRefusal(house, () => late.call(TOOL, args), { ...REQUIRED, secrets: [id] })
})

test(proves('edge:approval:revoked'), async () => {
  alice = await house.agent('alice', { acr: ACR_MFA })
  bob = await house.approver('bob')
  const { id, args, approval } = await requested()
  expect((await bob.consent(approval)).status).toBe(200)
  const before = await house.effects()
  await house.lockstep.revoke(
    { subject: { issuer: house.issuer.issuer, id: 'user:bob' } },
    'the account was taken over',
  )
  const again = await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: [id] })
  expect(await house.effects()).toBe(before)
  expect(idOf(again), 'somebody else can be asked').not.toBe(approval)
  await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: [id] })
  expect(await house.status(id)).toBe('submitted')
})
