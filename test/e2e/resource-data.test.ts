import type { JsonObject } from '@lockstep/core'
import { guardClient } from '@lockstep/pg'
import { completable, type McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { createLockstepApp } from '../../examples/expense-approval/server/create-lockstep-app.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const FIELDS = ['id', 'dept_id', 'employee_id', 'amount', 'iban', 'status', 'confidential', 'investigation_note']
const record = {
  type: 'object',
  'x-lockstep': { entity: 'Expense', text: 'json' },
  properties: Object.fromEntries(FIELDS.map((name) => [name, {}])),
}

let house: ExpenseHouse
let alice: HouseAgent
let ran = 0
let guarded: McpServer

/** What is reached beside the example's tools: a file and letters, read without a guarded client, and what a guarded one suggests. */
function withFiles(server: McpServer): McpServer {
  const stored = async (id: unknown) => {
    ran += 1
    const { rows } = await house.data.pglite.query(`select ${FIELDS.join(', ')} from expenses where id = $1`, [id])
    return JSON.stringify(rows[0])
  }
  const seen = async (value: string) => {
    const guarded = guardClient(house.lockstep, house.data.pglite)
    await guarded.query('select id from expenses where id like $1 order by id limit 200', [`${value}%`])
    // Whatever it found: the values of a careless completer.
    const { rows } = await house.data.pglite.query<{ id: string }>('select id from expenses order by id')
    return rows.map(({ id }) => id).filter((id) => id.startsWith(value))
  }
  server.registerResource(
    'expenseFile',
    new ResourceTemplate('expense://{id}', { list: undefined, complete: { id: seen } }),
    {},
    async (uri, { id }) => ({ contents: [{ uri: uri.href, text: await stored(id) }] }),
  )
  const letter = async ({ invoiceId }: { invoiceId: string }) => ({
    messages: [{ role: 'user' as const, content: { type: 'text' as const, text: await stored(invoiceId) } }],
  })
  const argsSchema = z.object({ invoiceId: completable(z.string(), seen) })
  guarded = server
  server.registerPrompt('settleLetter', { argsSchema }, letter)
  server.registerPrompt('boundLetter', { argsSchema }, letter)
  return server
}

beforeAll(async () => {
  const about = { resource: { type: 'Expense', argument: 'invoiceId' }, outputSchema: record }
  house = await openExpenseHouse({
    configuration: {
      tools: expenseTools,
      resourceTemplates: {
        expenseFile: {
          uri: 'expense://{id}',
          action: 'getExpense',
          resource: { type: 'Expense', argument: 'id' },
          outputSchema: record,
          rateLimits: { toolPerSubject: { points: 40, seconds: 3600 } },
          completions: { id: { action: 'listExpenses', values: { column: 'id' } } },
        },
      },
      prompts: {
        settleLetter: {
          action: 'approveExpense',
          ...about,
          completions: { invoiceId: { action: 'listExpenses', values: { entity: 'Expense', column: 'id' } } },
        },
        boundLetter: { action: 'getExpense', transaction: 'required', ...about },
      },
    },
    mount: (lockstep, createServer) => createLockstepApp(lockstep, () => withFiles(createServer())),
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

const ask = (agent: HouseAgent, method: string, params: JsonObject, headers: Record<string, string> = {}) =>
  agent.post({ jsonrpc: '2.0', id: 7, method, params }, headers)
const read = (id: string, agent = alice, headers?: Record<string, string>) =>
  ask(agent, 'resources/read', { uri: `expense://${id}` }, headers)
/** The members of a result that tests look at. */
interface Left {
  readonly contents?: { readonly uri: string; readonly text: string }[]
  readonly messages?: { readonly content: { readonly text: string } }[]
  readonly completion?: { readonly values: string[] }
  readonly prompts?: { readonly name: string; readonly _meta: JsonObject }[]
  readonly _meta?: JsonObject
}
const leftOf = ({ body }: WireAnswer): Left => JSON.parse(JSON.stringify(body.result ?? {}))
const textOf = (answer: WireAnswer): JsonObject => {
  const { contents, messages } = leftOf(answer)
  return JSON.parse(contents?.[0]?.text ?? messages?.[0]?.content.text ?? 'null')
}

test(proves('reach:data', 'a record of a resource'), async () => {
  const { id, amount } = await house.invoice()
  const answer = await read(id)
  expect(textOf(answer)).toMatchObject({ id, amount, dept_id: 42, iban: expect.stringMatching(/^\*+.{4}$/) })
  expect(answer.text).not.toContain('investigation_note')
  expect(house.recorded(answer.trace).slice(-2)).toMatchObject([
    { step: 'invocation', outcome: 'permitted', tool: 'expenseFile', detail: { resource: `Expense::${id}` } },
    { step: 'response', outcome: 'completed', tool: 'expenseFile', detail: { masked: ['Expense.iban'] } },
  ])
})

test(proves('reach:data', 'a record of others, or none'), async () => {
  const { rows } = await house.data.pglite.query<{ id: string }>(
    `select id from expenses where dept_id <> 42 and employee_id <> 'user:alice' limit 1`,
  )
  ran = 0
  const forbidden = await expectRefusal(house, () => read(rows[0]?.id ?? ''), {
    status: 403,
    code: 'invocation.denied',
  })
  const missing = await expectRefusal(house, () => read('INV-0'), { status: 403, code: 'invocation.denied' })
  expect(forbidden.text).toBe(missing.text)
  expect(ran).toBe(0)
})

test(proves('reach:data', 'completions'), async () => {
  const complete = (agent: HouseAgent, ref: JsonObject, name: string) =>
    ask(agent, 'completion/complete', { ref, argument: { name, value: 'INV-' } })
  const completed = await complete(alice, { type: 'ref/resource', uri: 'expense://{id}' }, 'id')
  const { values = [], ...rest } = leftOf(completed).completion ?? {}
  const { rows } = await house.data.pglite.query<{ id: string }>(
    `select id from expenses where id = any($1) and dept_id <> 42 and employee_id <> 'user:alice'`,
    [values],
  )
  expect(values.length).toBeGreaterThan(3)
  expect(rows).toEqual([])
  expect(rest).toEqual({})
  // What is said to be the key of a record is held against the record, wherever a completer has it from.
  const keys = await complete(alice, { type: 'ref/prompt', name: 'settleLetter' }, 'invoiceId')
  expect(leftOf(keys).completion).toEqual({ values })
  expect(house.recorded(keys.trace).at(-1)).toMatchObject({ outcome: 'completed', tool: 'settleLetter.invoiceId' })
  // Nothing is declared for the argument of the prompt: the server is not asked.
  const none = await complete(alice, { type: 'ref/prompt', name: 'boundLetter' }, 'invoiceId')
  expect(none.body.result).toEqual({ completion: { values: [] } })
})

test(proves('reach:completer', 'nobody asked for'), async () => {
  const run = Reflect.get(guarded, 'handlePromptCompletion') as (request: object, ref: object) => Promise<unknown>
  const ref = { type: 'ref/prompt', name: 'boundLetter' }
  const request = { params: { ref, argument: { name: 'invoiceId', value: 'INV-' } } }
  await expect(async () => run.call(guarded, request, ref)).rejects.toMatchObject({ code: 'invocation.unguarded' })
})

test(proves('reach:mechanism', 'obligations'), async () => {
  const { id } = await house.invoice()
  const undo = await editPolicy(house, 'tools.cedar', (text) =>
    text.replace('@id("finance-gets")', '@id("finance-gets")\n@drop("bank")\n@watermark("Confidential")'),
  )
  const answer = await read(id)
  await undo()
  expect(textOf(answer)).not.toHaveProperty('iban')
  const { contents = [], _meta } = leftOf(answer)
  expect(contents.map(({ uri }) => uri)).toEqual([`expense://${id}`, `expense://${id}`])
  expect(contents[1]?.text).toMatch(/^Confidential \[call /)
  expect(_meta).toEqual({ 'lockstep/watermark': ['Confidential'] })
})

test(proves('reach:mechanism', 'transaction tokens'), async () => {
  const { id } = await house.invoice()
  const other = await house.invoice()
  const get = (invoiceId: string, token?: string) =>
    ask(alice, 'prompts/get', { name: 'boundLetter', arguments: { invoiceId } }, token ? { 'txn-token': token } : {})
  ran = 0
  expect((await get(id)).body.error?.data?.code).toBe('invocation.txn-token-missing')
  const token = await alice.txnToken('boundLetter', { invoiceId: id })
  const wrong = await get(other.id, token)
  expect(wrong.body.error?.data?.code).toBe('invocation.txn-params-mismatch')
  expect(ran).toBe(0)
  expect(textOf(await get(id, token))).toMatchObject({ id })
  expect((await get(id, token)).body.error?.data?.code).toBe('invocation.txn-token-replayed')
  expect(ran).toBe(1)
})

test(proves('reach:mechanism', 'sign-ins and approvals'), async () => {
  const { id } = await house.invoice(600_000)
  const get = (agent: HouseAgent) => ask(agent, 'prompts/get', { name: 'settleLetter', arguments: { invoiceId: id } })
  ran = 0
  const weak = await get(alice)
  expect([weak.status, weak.body.error?.data?.unlock?.acr]).toEqual([401, ACR_MFA])
  const strong = await house.agent('alice', { acr: ACR_MFA })
  const waiting = await get(strong)
  expect(waiting.body.error?.data?.code).toBe('invocation.approval-required')
  expect(ran).toBe(0)
  await (await house.approver('bob')).consent(waiting.body.error?.data?.unlock?.approval?.id ?? '')
  expect(textOf(await get(strong))).toMatchObject({ id })
  expect(ran).toBe(1)
  // Consent is for one call.
  expect((await get(strong)).body.error?.data?.code).toBe('invocation.approval-required')
})

test(proves('reach:mechanism', 'retries, capabilities and explanations'), async () => {
  const { id } = await house.invoice()
  ran = 0
  const key = { 'idempotency-key': `read ${id}`.replace(' ', '-') }
  const first = await read(id, alice, key)
  expect(await read(id, alice, key)).toMatchObject({ body: first.body })
  expect(ran).toBe(1)
  const { prompts: listed = [] } = leftOf(await ask(alice, 'prompts/list', {}))
  const { _meta: meta } = listed.find(({ name }) => name === 'settleLetter') ?? {}
  const wrong = await ask(alice, 'resources/read', { uri: `expense://${id}`, _meta: meta ?? {} })
  expect(wrong.body.error?.data?.code).toBe('invocation.capability-invalid')
  expect(ran).toBe(1)
  const explained = await house.lockstep.explain({
    subject: { id: 'user:alice' },
    actor: { id: 'spiffe://expense.example/agents/planner-42' },
    tool: 'expenseFile',
    arguments: { id },
  })
  expect(explained).toMatchObject({ effect: 'permit', action: 'getExpense', resource: { found: 'stored' } })
})

test(proves('reach:mechanism', 'rates'), async () => {
  const { id } = await house.invoice()
  const bob = await house.agent('alice')
  const codes: (string | undefined)[] = []
  for (let asked = 0; asked < 60 && codes.at(-1) === undefined; asked += 1) {
    codes.push((await read(id, bob)).body.error?.data?.code)
  }
  expect(codes.at(-1)).toBe('gateway.rate-limited')
})
