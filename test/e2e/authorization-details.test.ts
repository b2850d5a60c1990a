import type { JsonValue } from '@lockstep/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const INSUFFICIENT = { status: 403, code: 'invocation.details-insufficient' }

let house: ExpenseHouse
beforeAll(async () => {
  house = await openExpenseHouse()
})
afterAll(() => house.close())

/** Somebody whose token carries details for tools of this server. */
function within(details: readonly object[], person = 'alice', options: object = {}) {
  const ours = details.map((detail) => ({ type: 'mcp_tool_call', locations: [house.resource], ...detail }))
  return house.agent(person, { claims: { authorization_details: ours as JsonValue[] }, ...options })
}

const invoice = (id: JsonValue) => ({ tool: TOOL, arguments: { invoiceId: { equals: id } } })
const seen = async (agent: Awaited<ReturnType<typeof within>>) => (await agent.list()).map(({ name }) => name).sort()

test(proves('edge:details:tools'), async () => {
  expect(await seen(await within([{ tool: 'listExpenses' }]))).toEqual(['listExpenses'])
  expect(await seen(await within([{ tool: 'listExpenses' }, { tool: TOOL }]))).toEqual([TOOL, 'listExpenses'])
  expect(await seen(await within([{ tool: 'noSuchTool' }])), 'a name of nothing').toEqual([])
  const elsewhere = await within([{ tool: TOOL, locations: ['https://other.example/mcp'] }])
  expect(await seen(elsewhere), 'details for another server').toEqual([])
  const unlimited = await seen(await house.agent('alice'))
  expect(unlimited.length, 'a token without details is not limited by them').toBeGreaterThan(2)
  // The policy still decides: nobody gets a tool by asking for it.
  expect(await seen(await within([{ tool: TOOL }], 'dave'))).toEqual([])

  const reader = await within([{ tool: 'listExpenses' }])
  await expectRefusal(house, () => reader.call('getExpense', { id: 'INV-8831' }), {
    status: 200,
    code: 'discovery.tool-unknown',
    secrets: ['INV-8831'],
  })
  expect((await reader.call('listExpenses', {})).status).toBe(200)
})

test(proves('edge:details:tools', 'bounds on arguments make the limits incomplete'), async () => {
  const free = await (await within([{ tool: TOOL }])).capability(TOOL)
  const bound = await (await within([invoice('INV-8831')])).capability(TOOL)
  expect(free.limits).toMatchObject({ complete: true })
  expect(bound.limits).toMatchObject({ complete: false, anyOf: (free.limits as { anyOf: JsonValue }).anyOf })
})

test(proves('edge:details:calls'), async () => {
  const [mine, other] = [await house.invoice(), await house.invoice()]
  const agent = await within([invoice(mine.id)])
  const refused = await agent.call(TOOL, { invoiceId: other.id })
  expect({ status: refused.status, code: refused.body.error?.data?.code }).toEqual(INSUFFICIENT)
  expect(refused.headers.get('www-authenticate')).toBe(
    'DPoP error="insufficient_authorization_details", ' +
      'error_description="the token\'s authorization details do not cover this", algs="ES256 EdDSA", ' +
      `resource_metadata="${house.origin}/.well-known/oauth-protected-resource/mcp"`,
  )
  expect(refused.text).not.toContain(other.id)
  expect(house.recorded(refused.trace).at(-1)).toMatchObject({
    step: 'invocation',
    outcome: 'denied',
    ...{ code: INSUFFICIENT.code },
  })
  expect(await house.status(other.id)).toBe('submitted')

  const args = { invoiceId: mine.id }
  const done = await agent.call(TOOL, args, { txnToken: await agent.txnToken(TOOL, args) })
  expect(done.status).toBe(200)
  expect(await house.status(mine.id)).toBe('approved')
  const records = house.recorded(done.trace)
  expect(records.find(({ step }) => step === 'gateway')?.detail).toMatchObject({ authorizationDetails: 1 })
  expect(records.find(({ step }) => step === 'invocation')?.detail).toMatchObject({ within: 'authorization_details' })
})

test(proves('edge:details:calls', 'a refused call leaves its transaction token unused'), async () => {
  const { id } = await house.invoice()
  const free = await house.agent('alice')
  const args = { invoiceId: id }
  const txnToken = await free.txnToken(TOOL, args)
  const narrow = await within([invoice('INV-0000')], 'alice', { key: free.key })
  const refused = await narrow.call(TOOL, args, { txnToken })
  expect(refused.body.error?.data?.code).toBe(INSUFFICIENT.code)
  expect(await house.status(id)).toBe('submitted')
  expect((await free.call(TOOL, args, { txnToken })).status).toBe(200)
})

test(proves('edge:details:transactions'), async () => {
  const [mine, other] = [await house.invoice(), await house.invoice()]
  const agent = await within([invoice(mine.id)])
  const exchanged = await agent.exchange(TOOL, { invoiceId: other.id })
  expect(exchanged).toMatchObject({ status: 403, body: { error: 'access_denied', code: INSUFFICIENT.code } })
  expect((await agent.exchange(TOOL, { invoiceId: mine.id })).status).toBe(200)
  const unseen = await agent.exchange('sendReport', { to: 'a@example.com', text: 'x' })
  expect(unseen.body).toMatchObject({ code: 'discovery.tool-unknown' })
})

test(proves('edge:details:transactions', 'a kept answer is not given to a narrower token'), async () => {
  const free = await house.agent('alice')
  const idempotencyKey = 'details-1'
  const first = await free.call('listExpenses', {}, { idempotencyKey })
  expect(first.status).toBe(200)
  const narrow = await within([{ tool: 'listExpenses' }], 'alice', { key: free.key })
  const replayed = await narrow.call('listExpenses', {}, { idempotencyKey })
  expect(replayed.body.error?.data?.code).toBe('invocation.denied')
  expect((await free.call('listExpenses', {}, { idempotencyKey })).body).toEqual(first.body)
})

test(proves('edge:details:transactions', 'a second person does not consent with a token for calls'), async () => {
  const { id } = await house.invoice(620_000)
  const alice = await house.agent('alice', { acr: ACR_MFA })
  const wanted = await alice.exchange(TOOL, { invoiceId: id })
  const approval = (wanted.body as { readonly approval_id?: string }).approval_id
  if (approval === undefined) throw new Error(`expected a request for consent: ${wanted.text}`)
  const lent = await within([{ tool: TOOL }], 'bob', { actor: undefined, clientId: 'console' })
  const refused = await lent.consent(approval)
  expect(refused).toMatchObject({ status: 403, body: { error: { data: { code: INSUFFICIENT.code } } } })
  expect((await (await house.approver('bob')).consent(approval)).status).toBe(200)
})
