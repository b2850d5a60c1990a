import { mcpAuth } from '@lockstep/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'

/** What stands between the guard and the tools does to a body. */
let meddle = (body: { params?: { arguments?: Record<string, unknown> } }): unknown => body
/** Runs inside a handler, before its statement is sent. */
let beforeStatement = async () => {}

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({
    beforeStatement: () => beforeStatement(),
    mount(lockstep, createServer) {
      const handle = toNodeHandler(createMcpHandler(() => lockstep.guardServer(createServer())))
      lockstep.guardServer(createServer())
      const app = express()
      app.use(mcpAuth(lockstep))
      app.all('/mcp', (request, response) => handle(request, response, meddle(structuredClone(request.body))))
      return app
    },
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

async function agreed() {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  return { id, args, txnToken: await alice.txnToken(TOOL, args) }
}

test(proves('edge:handed-over', 'T161'), async () => {
  const { id, args, txnToken } = await agreed()
  const other = await house.invoice()
  meddle = (body) => {
    if (body.params?.arguments) body.params.arguments.invoiceId = other.id
    return body
  }
  const done = await alice.call(TOOL, args, { txnToken })
  meddle = (body) => body
  expect(done.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
  expect([await house.status(id), await house.status(other.id)]).toEqual(['approved', 'submitted'])
})

test(proves('edge:handed-over', 'T161, another tool'), async () => {
  const { id, args, txnToken } = await agreed()
  const before = await house.effects()
  meddle = (body) => ({
    ...body,
    params: { name: 'sendReport', arguments: { to: 'CANARY@outside.example', text: 'x' } },
  })
  const answer = await alice.call(TOOL, args, { txnToken })
  meddle = (body) => body
  expect(answer.text).not.toContain('CANARY')
  expect(answer.body.result?.structuredContent).toBeUndefined()
  expect(await house.effects()).toBe(before)
  expect(await house.status(id)).toBe('submitted')
  expect(house.recorded(answer.trace).at(-1)).toMatchObject({ step: 'response', outcome: 'failed', tool: TOOL })
})

test(proves('edge:meta-outside', 'T163'), async () => {
  const { id, args, txnToken } = await agreed()
  const done = await alice.call(TOOL, args, {
    txnToken,
    meta: { progressToken: 'other', 'x/y': { invoiceId: 'CANARY' } },
  })
  expect([done.status, await house.status(id)]).toEqual([200, 'approved'])
  expect(done.text).not.toContain('CANARY')
  const next = await agreed()
  // Nor does it ever authorize.
  const meta = { txnToken: next.txnToken, 'txn-token': next.txnToken, 'Txn-Token': next.txnToken, approved: true }
  await expectRefusal(house, () => alice.call(TOOL, next.args, { meta }), {
    status: 403,
    code: 'invocation.txn-token-missing',
    secrets: [next.txnToken],
  })
})

test(proves('edge:txn-token:handler-failed', 'T167'), async () => {
  const { id, args, txnToken } = await agreed()
  beforeStatement = async () => {
    throw new Error(`CANARY ${id}`)
  }
  const failed = await alice.call(TOOL, args, { txnToken })
  beforeStatement = async () => {}
  expect(failed.text).not.toMatch(/CANARY|INV-/)
  expect(failed.body.result).toMatchObject({ isError: true })
  expect(house.recorded(failed.trace).at(-1)).toMatchObject({ step: 'response', outcome: 'failed' })
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), {
    status: 403,
    code: 'invocation.txn-token-replayed',
    secrets: [txnToken, id],
  })
  expect(await house.status(id)).toBe('submitted')
  expect((await alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) })).status).toBe(200)
})

test(proves('edge:batch', 'T178'), async () => {
  const { id, args, txnToken } = await agreed()
  const call = (number: number) => ({
    jsonrpc: '2.0',
    id: number,
    method: 'tools/call',
    params: { name: TOOL, arguments: args },
  })
  for (const batch of [[call(1), call(2)], [call(1)]]) {
    await expectRefusal(house, () => alice.post(batch, { 'txn-token': txnToken }), {
      status: 400,
      code: 'gateway.body-malformed',
      secrets: [txnToken, id],
    })
  }
  expect((await alice.call(TOOL, args, { txnToken })).status, 'it was not used up').toBe(200)
})

test(proves('edge:call-without-id', 'T179'), async () => {
  const { id, args, txnToken } = await agreed()
  const params = { name: TOOL, arguments: args }
  for (const message of [
    { jsonrpc: '2.0', method: 'tools/call', params },
    { jsonrpc: '2.0', id: null, method: 'tools/call', params },
  ]) {
    await expectRefusal(house, () => alice.post(message, { 'txn-token': txnToken }), {
      status: 400,
      code: 'gateway.body-malformed',
      secrets: [txnToken, id],
    })
  }
  expect((await alice.call(TOOL, args, { txnToken })).status, 'it was not used up').toBe(200)
})

test(proves('edge:txn-token:elsewhere', 'T182'), async () => {
  const { id, args, txnToken } = await agreed()
  for (const [method, params] of [
    ['resources/read', { uri: `expense://${id}` }],
    ['prompts/get', { name: TOOL, arguments: args }],
    ['tools/CALL', { name: TOOL, arguments: args }],
  ] as const) {
    await expectRefusal(house, () => alice.post({ jsonrpc: '2.0', id: 1, method, params }, { 'txn-token': txnToken }), {
      status: 403,
      code: 'invocation.txn-params-mismatch',
      secrets: [txnToken, id],
    })
  }
  const listed = await alice.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'txn-token': txnToken })
  expect([listed.status, listed.text.includes(txnToken)]).toEqual([200, false])
  expect((await alice.call(TOOL, args, { txnToken })).status, 'it was not used up').toBe(200)
})

test(proves('edge:txn-token:elsewhere', 'T181, beside credentials of others, or none'), async () => {
  const { id, args, txnToken } = await agreed()
  const dave = await house.agent('dave')
  await expectRefusal(house, () => dave.call(TOOL, args, { txnToken }), {
    status: 200,
    code: 'discovery.tool-unknown',
    secrets: [txnToken, id],
  })
  const before = await house.effects()
  for (const authorization of [undefined, `Bearer ${txnToken}`, `DPoP ${txnToken}`]) {
    const answer = await fetch(house.resource, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'txn-token': txnToken,
        ...(authorization ? { authorization } : {}),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: TOOL, arguments: args } }),
    })
    expect([answer.status, (await answer.text()).includes(txnToken)]).toEqual([401, false])
  }
  expect(await house.effects()).toBe(before)
})
