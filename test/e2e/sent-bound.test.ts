import type { JsonObject } from '@lockstep/core'
import { mcpAuth } from '@lockstep/express'
import express from 'express'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const VERSION = '2026-07-28'
/** Looks like what it is, and is nobody's. */
const SECRET = `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`
const EXPENSE = {
  type: 'object',
  'x-lockstep': { entity: 'Expense' },
  properties: {
    id: { type: 'string' },
    dept_id: { type: 'integer' },
    employee_id: { type: 'string' },
    confidential: { type: 'boolean' },
    iban: { type: 'string' },
    status: { type: 'string' },
    amount: { type: 'integer' },
  },
} as const
const LABELED = { type: 'string', 'x-lockstep': { public: true, labels: ['confidential'] } } as const

let house: ExpenseHouse
let alice: HouseAgent
let bob: HouseAgent
/** What the server writes for a call, before or as its answer. */
let handle: (params: JsonObject, id: string) => readonly object[] = () => []
const ran: JsonObject[] = []
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      obligations: { redactText: { deadline: 4_000 } },
      tools: {
        ...expenseTools,
        approveExpense: { ...expenseTools.approveExpense, sends: { asks: { form: 'public' } } },
        listExpenses: {
          ...expenseTools.listExpenses,
          sends: { progress: LABELED, logs: { data: EXPENSE }, errors: EXPENSE, asks: { sampling: 'public' } },
        },
      },
    },
    mount(lockstep, createServer) {
      const app = express()
      lockstep.guardServer(createServer())
      app.use(mcpAuth(lockstep))
      app.post('/mcp', (request, response) => {
        const { id, params } = request.body
        ran.push(params)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const message of handle(params, id)) {
          response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`)
        }
        response.end()
      })
      return app
    },
  })
  alice = await house.agent('alice', { acr: ACR_MFA })
  bob = await house.approver('bob')
})
afterAll(() => house.close())

const done = (id: string) => ({ id, result: { structuredContent: { status: 'approved' }, content: [] } })
const FORM = {
  method: 'elicitation/create',
  params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
}
const asks = (id: string) => ({
  id,
  result: { resultType: 'input_required', inputRequests: { sure: FORM }, requestState: 'own' },
})
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'planner', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
}
function round(args: JsonObject, txnToken: string | undefined, back: object = {}): Promise<WireAnswer> {
  return alice.post(
    { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: TOOL, arguments: args, _meta: META, ...back } },
    {
      'mcp-protocol-version': VERSION,
      'mcp-method': 'tools/call',
      'mcp-name': TOOL,
      ...(txnToken === undefined ? {} : { 'txn-token': txnToken }),
    },
  )
}
const code = ({ body }: WireAnswer) => body.error?.data?.code

/** A call that one person consented to, in its second round. */
async function askedOnce() {
  const args = { invoiceId: (await house.invoice(600_000)).id }
  handle = (_params, id) => [asks(id)]
  const approval = (await alice.call(TOOL, args)).body.error?.data?.unlock?.approval?.id ?? ''
  expect((await bob.consent(approval)).status).toBe(200)
  const first = await round(args, await alice.txnToken(TOOL, args))
  expect(first.body.result).toMatchObject({ resultType: 'input_required' })
  const back = {
    requestState: first.body.result?.requestState,
    inputResponses: { 'input-1': { action: 'accept', content: {} } },
  }
  return { args, back }
}

test(proves('egress:sent:used-once'), async () => {
  const { args, back } = await askedOnce()
  const runs = ran.length
  handle = (_params, id) => [done(id)]
  expect((await round(args, undefined, back)).body.result?.structuredContent).toMatchObject({ status: 'approved' })
  expect(ran.at(-1)).toMatchObject({ requestState: 'own', inputResponses: { sure: { action: 'accept' } } })
  expect(ran.length).toBe(runs + 1)

  expect(code(await round(args, undefined, back)), 'the state is used up').toBe('invocation.request-state-invalid')
  expect(code(await round(args, undefined)), 'and so is everything else').toBe('invocation.approval-required')
  expect(ran.length).toBe(runs + 1)
})

test(proves('egress:sent:used-once', 'for the resource that it was'), async () => {
  const { args, back } = await askedOnce()
  const runs = ran.length
  await house.data.pglite.query('update expenses set amount = amount + 1 where id = $1', [args.invoiceId])
  const changed = await round(args, undefined, back)
  expect(code(changed)).toMatch(/invocation\.(approval-required|resource-changed)/)
  expect(ran.length, 'it did not run').toBe(runs)
})

/** What left of a call of `listExpenses`, message by message. */
async function listed(
  messages: (request: string) => readonly object[],
  annotations = '',
): Promise<readonly JsonObject[]> {
  const undo = await editPolicy(house, 'tools.cedar', (text) =>
    text.replace('@id("finance-lists")', `@id("finance-lists")\n${annotations}`),
  )
  try {
    handle = (_params, id) => [...messages(id), { id, result: { structuredContent: {}, content: [] } }]
    const { text } = await alice.call('listExpenses', {}, { meta: { progressToken: 1 } })
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as JsonObject)
  } finally {
    await undo()
  }
}
const log = (data: unknown) => ({ method: 'notifications/message', params: { level: 'info', data } })

test(proves('egress:sent:bound', 'a record by the read policy'), async () => {
  const { rows } = await house.data.pglite.query<JsonObject>(
    'select id, dept_id, employee_id, confidential, iban, status, amount from expenses where dept_id = 42 and not confidential limit 1',
  )
  const { rows: hidden } = await house.data.pglite.query<JsonObject>(
    'select id, dept_id, employee_id, confidential, iban, status, amount from expenses where dept_id <> 42 limit 1',
  )
  const [own, foreign] = [rows[0] ?? {}, hidden[0] ?? {}]
  const left = await listed(() => [
    log(own),
    log(JSON.stringify(own)),
    log(foreign),
    log('looked at it'),
    log({ x: 1 }),
  ])
  const logs = left.flatMap(({ params }) => (params ? [(params as { data: unknown }).data] : []))
  expect(logs).toHaveLength(2)
  expect(logs[0]).toMatchObject({ id: own.id, iban: expect.stringMatching(/^\*{4}/) })
  expect(JSON.parse(String(logs[1]))).toEqual(logs[0])
  expect(JSON.stringify(left)).not.toContain(String(foreign.id))

  handle = (_params, id) => [{ id, error: { code: 5, message: 'of row 17', data: own } }]
  const failed = await alice.call('listExpenses', {})
  expect(failed.body.error).toMatchObject({ code: 5, data: { code: 'invocation.handler-failed', tool: logs[0] } })
  expect(failed.text).not.toContain('row 17')
})

test(proves('egress:sent:obliged'), async () => {
  const sample = {
    id: 1,
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text: `use ${SECRET} to ask` } }], maxTokens: 9 },
  }
  const plain = await listed(() => [sample])
  expect(JSON.stringify(plain)).toContain(SECRET)
  let left: JsonObject | undefined
  // The thread that searches may take longer to start than a message waits for it: then the message stays.
  await vi.waitFor(async () => {
    left = (await listed(() => [sample], '@redact_text'))[0]
    expect(left).toHaveProperty('method')
  }, PATIENT)
  expect(left).toMatchObject({ method: 'sampling/createMessage' })
  expect(JSON.stringify(left)).not.toContain(SECRET)
  expect(JSON.stringify(left)).toMatch(/use \[[a-z-]+\] to ask/)
})

test(proves('egress:sent:labels'), async () => {
  const send = () => alice.call('sendReport', { to: 'x@other.example', text: 'b' })
  handle = (_params, id) => [done(id)]
  expect(code(await send())).toBeUndefined()
  const [left] = await listed((progressToken) => [
    { method: 'notifications/progress', params: { progressToken, progress: 1, message: 'read it' } },
  ])
  expect(left).toMatchObject({ params: { message: 'read it' } })
  handle = (_params, id) => [done(id)]
  expect(code(await send()), 'the label was raised by what left').toBe('invocation.denied')
})
