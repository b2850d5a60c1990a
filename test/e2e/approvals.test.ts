import { createHmac } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { webhookNotifier } from '@lockstep/mcp'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { POLICIES } from '../../examples/expense-approval/server/expense-configuration.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const REQUIRED = { status: 403, code: 'invocation.approval-required' }
const INVALID = { status: 403, code: 'invocation.approval-invalid' }
const DENIED = { status: 403, code: 'invocation.approval-denied' }
const UNKNOWN = { status: 404, code: 'gateway.path-unknown' }
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks that fails as often as it is told to. */
const posted: Posted[] = []
let failures = 0
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  posted.push({ headers: request.headers, body })
  const fails = failures > 0
  if (fails) failures -= 1
  response.writeHead(fails ? 307 : 204, fails ? { location: '/elsewhere' } : {}).end()
})

let house: ExpenseHouse
let policies: string
let alice: HouseAgent
let bob: HouseAgent
let dave: HouseAgent
beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  policies = await mkdtemp(join(tmpdir(), 'lockstep-two-'))
  await cp(POLICIES, policies, { recursive: true })
  const change = async (file: string, from: string, to: string) => {
    const text = await readFile(join(policies, file), 'utf8')
    expect(text).toContain(from)
    await writeFile(join(policies, file), text.replace(from, to))
  }
  await change('schema.cedarschema', 'approval?: { by: User }', 'approval?: { by: User, count: Long }')
  await change(
    'approve.cedar',
    'context has approval &&',
    'context has approval &&\n  (resource.amount <= 1000000 || context.approval.count >= 2) &&',
  )
  house = await openExpenseHouse({
    configuration: {
      policies,
      tools: { ...expenseTools, [TOOL]: { ...expenseTools[TOOL], shows: ['resource.amount', 'resource.dept'] } },
      approvals: {
        waiting: { caller: 12 },
        notifier: webhookNotifier({ url: `http://127.0.0.1:${port}/hooks`, secret: SECRET }),
      },
    },
  })
  await house.data.pglite.query(`insert into co_approvers values ('user:dave', 42)`)
  alice = await house.agent('alice', { acr: ACR_MFA })
  bob = await house.approver('bob')
  dave = await house.approver('dave')
})
afterAll(async () => {
  await house.close()
  receiver.close()
  await rm(policies, { recursive: true, force: true })
})

const waitFor = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), PATIENT)
const idOf = ({ body }: WireAnswer) => body.error?.data?.unlock?.approval?.id ?? ''
const path = (id: string, verb = '') => `/.lockstep/approvals/${id}${verb}`
const answer = (agent: HouseAgent, id: string, verb: string) => agent.post('', {}, path(id, verb))

async function look(agent: HouseAgent, id = '') {
  const response = await agent.fetch(`${house.origin}/.lockstep/approvals${id && `/${id}`}`)
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text), headers: response.headers }
}

async function requested(amount = 600_000) {
  const { id } = await house.invoice(amount)
  const args = { invoiceId: id }
  const waiting = await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: [id] })
  return { invoice: id, args, id: idOf(waiting) }
}

/** The messages about one request, as a receiver that verifies them by the reference library reads them. */
function messages(id: string) {
  return posted
    .map(({ headers, body }) => new Webhook(SECRET).verify(body, headers as Record<string, string>) as Message)
    .filter(({ data }) => data.id === id)
}
type Message = {
  readonly id: string
  readonly type: string
  readonly data: { readonly id: string; readonly state: string }
}

test(proves('edge:approvals:two'), async () => {
  const { id, args, invoice } = await requested(1_200_000)
  const one = await bob.consent(id)
  expect([one.status, JSON.parse(one.text)]).toEqual([200, { id, state: 'pending', given: 1, needed: 2 }])
  await expectRefusal(house, () => bob.consent(id), INVALID)
  expect(idOf(await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED))).toBe(id)
  const two = await answer(dave, id, '/approve')
  expect([two.status, JSON.parse(two.text)]).toEqual([200, { id, state: 'approved', given: 2, needed: 2 }])
  const done = await alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) })
  expect(done.status).toBe(200)
  const intent = house.recorded(done.trace).find(({ step }) => step === 'invocation')
  expect(intent).toMatchObject({ detail: { approval: id, approvers: ['user:bob', 'user:dave'] } })
  expect(await house.status(invoice)).toBe('approved')
  expect((await look(alice, id)).body).toMatchObject({ state: 'used', given: 2, endedAt: expect.any(String) })
})

test(proves('edge:approvals:seen'), async () => {
  const { id, invoice } = await requested()
  const seen = await look(bob, id)
  expect(seen.headers.get('cache-control')).toBe('no-store')
  const { issuer } = house.issuer
  expect(seen.body).toEqual({
    id,
    state: 'pending',
    tool: TOOL,
    resource: { type: 'Expense', id: invoice },
    requester: { issuer, subject: 'user:alice', actor: PLANNER },
    shown: [
      { name: 'tool', value: TOOL },
      { name: 'resource', value: `Expense ${invoice}` },
      { name: 'for', value: 'user:alice' },
      { name: 'through', value: PLANNER },
      { name: 'resource.amount', value: '600000' },
      { name: 'resource.dept', value: 'Department::"42"' },
    ],
    needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }],
    given: 0,
    consents: [],
    requestedAt: expect.stringMatching(/Z$/),
    expiresAt: expect.stringMatching(/Z$/),
  })
  expect((await look(bob)).body.waiting.map((one: { id: string }) => one.id)).toContain(id)
  const own = await look(alice)
  expect(own.body.waiting).toEqual([])
  expect(own.body.requested[0]).toMatchObject({ id, state: 'pending' })
  expect(own.body.requested[0], 'who consents is not told to who asks').not.toHaveProperty('consents')
})

test(proves('edge:approvals:denied'), async () => {
  const { id, args, invoice } = await requested()
  const denied = await answer(bob, id, '/deny')
  expect([denied.status, JSON.parse(denied.text)]).toEqual([200, { id, state: 'denied', given: 0, needed: 1 }])
  for (let times = 0; times < 2; times += 1) {
    const again = await expectRefusal(house, () => alice.call(TOOL, args), { ...DENIED, secrets: [invoice] })
    expect(again.body.error?.data).toMatchObject({ unlock: { approval: { id } } })
  }
  const exchange = await alice.exchange(TOOL, args)
  expect([exchange.status, JSON.parse(exchange.text)]).toMatchObject([
    403,
    { error: 'access_denied', code: DENIED.code, approval_id: id },
  ])
  await expectRefusal(house, () => answer(dave, id, ''), INVALID)
  expect(await house.status(invoice)).toBe('submitted')
  expect((await look(alice, id)).body).toMatchObject({ state: 'denied' })
})

test(proves('edge:approvals:withdrawn'), async () => {
  const { id, args } = await requested()
  for (const other of [bob, await house.approver('alice'), await house.agent('carol')]) {
    await expectRefusal(house, () => answer(other, id, '/withdraw'), INVALID)
  }
  const taken = await answer(alice, id, '/withdraw')
  expect([taken.status, JSON.parse(taken.text)]).toMatchObject([200, { id, state: 'withdrawn' }])
  await expectRefusal(house, () => bob.consent(id), INVALID)
  const next = idOf(await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED))
  expect(next).not.toBe(id)
  expect((await bob.consent(next)).status).toBe(200)
  expect((await answer(bob, next, '/withdraw')).status, 'who consented').toBe(200)
  expect(idOf(await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED))).not.toBe(next)
})

test(proves('attacks:approvals', 'T202'), async () => {
  const { args, id, invoice } = await requested()
  const refused = await expectRefusal(house, () => alice.call(TOOL, args), { ...REQUIRED, secrets: [invoice] })
  expect(refused.body.error?.data).toMatchObject({ code: REQUIRED.code, unlock: { approval: { id } } })
})

test(proves('attacks:approvals', 'T203'), async () => {
  const { id, args } = await requested()
  await house.data.pglite.query(`insert into co_approvers values ('user:alice', 42)`)
  const self = { status: 403, code: 'invocation.approval-self' }
  const own = await house.approver('alice')
  await expectRefusal(house, () => own.consent(id), self)
  await house.data.pglite.query(`delete from co_approvers where employee_id = 'user:alice'`)
  await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED)
})

test(proves('attacks:approvals', 'T205'), async () => {
  const { id, args } = await requested()
  const carol = await house.approver('carol')
  for (const verb of ['', '/deny', '/withdraw']) await expectRefusal(house, () => answer(carol, id, verb), INVALID)
  await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED)
})

test(proves('attacks:approvals', 'T208'), async () => {
  const { id, args } = await requested()
  expect((await bob.consent(id)).status).toBe(200)
  const other = await expectRefusal(house, () => alice.call(TOOL, { ...args, note: 'CANARY' }), {
    ...REQUIRED,
    secrets: ['CANARY'],
  })
  expect(idOf(other)).not.toBe(id)
  await answer(alice, idOf(other), '/withdraw')
})

test(proves('attacks:approvals', 'T209'), async () => {
  const { id, args, invoice } = await requested()
  expect((await bob.consent(id)).status).toBe(200)
  const tokens = await Promise.all(Array.from({ length: 50 }, () => alice.txnToken(TOOL, args)))
  const calls = await Promise.all(tokens.map((txnToken) => alice.call(TOOL, args, { txnToken })))
  expect(calls.filter(({ status, body }) => status === 200 && body.result)).toHaveLength(1)
  const codes = calls.flatMap(({ body }) => body.error?.data?.code ?? [])
  expect(codes).toHaveLength(49)
  // The loser of the race; or it came later, when the call needs another consent, or no consent helps what is approved already.
  for (const code of codes) expect([INVALID.code, REQUIRED.code, 'invocation.denied']).toContain(code)
  expect(await house.status(invoice)).toBe('approved')
})

test(proves('attacks:approvals', 'T211'), async () => {
  const { id, args } = await requested()
  // With the requester's own key: a token for somebody else that is bound to it, and the agent's own word.
  const forged = await house.agent('bob', { key: alice.key })
  await expectRefusal(house, () => forged.consent(id), { status: 403, code: 'invocation.approval-self' })
  await expectRefusal(house, () => alice.consent(id), { status: 403, code: 'invocation.approval-self' })
  await expectRefusal(house, () => alice.call(TOOL, args), REQUIRED)
  await answer(alice, id, '/withdraw')
})

test(proves('attacks:approvals', 'T214'), async () => {
  const { id } = await requested()
  const carol = await house.approver('carol')
  const guessed = ['A'.repeat(32), `${id}A`, 'x', `${id}/approve`, '..%2ftoken']
  const bodies = new Set<string>()
  for (const [agent, one] of [[carol, id], ...guessed.map((each) => [bob, each] as const)] as const) {
    const { status, text } = await look(agent, one)
    expect([status, JSON.parse(text).error.data.code]).toEqual([UNKNOWN.status, UNKNOWN.code])
    bodies.add(text)
  }
  expect(bodies.size, 'the same body').toBe(1)
  const refused = await Promise.all([carol.consent(id), bob.consent('A'.repeat(32)), answer(bob, id, '/accept')])
  expect(new Set(refused.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect((await look(bob, id)).status, 'it is there').toBe(200)
  await answer(alice, id, '/withdraw')
})

test(proves('edge:approvals:told'), async () => {
  failures = 2
  const { id } = await requested()
  // Redirected, which is not followed, so it is tried again: later, by the clock of the house.
  await vi.waitFor(
    () => {
      house.advance(1_000)
      expect(failures).toBe(0)
      expect(messages(id).map(({ type }) => type)).toContain('approval.requested')
    },
    { ...PATIENT, interval: 300 },
  )
  await answer(bob, id, '/deny')
  await waitFor(() => messages(id).some(({ type }) => type === 'approval.decided'))
  const told = messages(id)
  const asked = told.filter(({ type }) => type === 'approval.requested')
  expect(asked.length).toBeGreaterThanOrEqual(1)
  expect(new Set(asked.map((one) => one.id)).size, 'one id for every attempt').toBe(1)
  const decided = told.find(({ type }) => type === 'approval.decided')
  expect(decided).toMatchObject({ data: { state: 'denied' } })
  expect(asked[0]?.data).toMatchObject({
    id,
    tool: TOOL,
    url: `${house.origin}${path(id)}`,
    shown: expect.arrayContaining([{ name: 'resource.amount', value: '600000' }]),
  })
  // Held against the scheme itself, not the library that signed.
  const [{ headers, body }] = posted as [Posted]
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${mac}`)
})

test(proves('edge:approvals:flood'), async () => {
  const amounts = await house.data.pglite.query<{ id: string }>(
    `update expenses set amount = 650000 where id in (
       select id from expenses where dept_id = 42 and status = 'submitted' and not confidential order by id desc limit 14)
     returning id`,
  )
  alice = await house.agent('alice', { acr: ACR_MFA })
  const answers: WireAnswer[] = []
  for (const { id } of amounts.rows) answers.push(await alice.call(TOOL, { invoiceId: id }))
  const limited = answers.filter(({ status }) => status === 429)
  expect(limited.length).toBeGreaterThan(0)
  expect(limited[0]?.body.error?.data).toMatchObject({ code: 'gateway.rate-limited', retryAfter: 60 })
  expect(limited[0]?.headers.get('retry-after')).toBe('60')
  const waiting = (await look(await house.approver('bob'))).body.waiting.filter(
    (one: { requester: { subject: string } }) => one.requester.subject === 'user:alice',
  )
  expect(waiting.length).toBeLessThanOrEqual(12)
})
