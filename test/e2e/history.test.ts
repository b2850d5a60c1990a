import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterEach, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, type HouseOptions, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const OUTSIDE = { to: 'CANARY@outside.example', text: 'report' }
const INSIDE = { to: 'cfo@expense.example', text: 'report' }
const DENIED = { status: 403, code: 'invocation.denied', secrets: ['CANARY'] }

let house: ExpenseHouse
afterEach(() => house.close())
async function open(options: HouseOptions = {}): Promise<HouseAgent> {
  house = await openExpenseHouse(options)
  return house.agent('alice', { acr: ACR_MFA })
}

/** Reads rows among which confidential ones are shown: the newest invoices of department 42. */
async function readConfidential(agent: HouseAgent) {
  const answer = await agent.call('listExpenses', { limit: 10 })
  expect(JSON.stringify(answer.body.result?.structuredContent)).toContain('"confidential":true')
  return answer
}

test(proves('edge:history:labels'), async () => {
  const alice = await open()
  expect((await alice.call('sendReport', OUTSIDE)).body.result?.structuredContent).toEqual({ sent: true })
  await readConfidential(alice)
  await expectRefusal(house, () => alice.call('sendReport', OUTSIDE), DENIED)

  // Neither a new trace nor a new connection, token, key or sign-in sheds it.
  const renewed = await house.agent('alice', { acr: ACR_MFA })
  const client = new Client({ name: 'planner', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(house.resource), { fetch: renewed.fetch }))
  await expect(client.callTool({ name: 'sendReport', arguments: OUTSIDE })).rejects.toThrow(/policy does not permit/)
  await client.close()
  await expectRefusal(house, () => renewed.call('sendReport', OUTSIDE), DENIED)
  expect(house.outbox).toHaveLength(1)

  expect((await renewed.call('sendReport', INSIDE)).status, 'inside the house it may go').toBe(200)
  house.advance(86_400_000 + 120_000)
  const tomorrow = await house.agent('alice', { acr: ACR_MFA })
  expect((await tomorrow.call('sendReport', OUTSIDE)).status, 'until the window is over').toBe(200)
})

test(proves('edge:history:labels', 'through every tool that reads'), async () => {
  const alice = await open()
  const { id } = (
    await house.data.pglite.query<{ id: string }>(
      'select id from expenses where dept_id = 42 and confidential order by id limit 1',
    )
  ).rows[0] ?? { id: '' }
  const count = await alice.call('queryExpenses', { sql: 'select count(*) as n from expenses where confidential' })
  expect(count.body.result?.structuredContent?.rows).toHaveLength(1)
  await expectRefusal(house, () => alice.call('sendReport', OUTSIDE), DENIED)

  const bob = await house.agent('bob', { acr: ACR_MFA })
  expect((await bob.call('sendReport', OUTSIDE)).status).toBe(200)
  expect((await bob.call('getExpense', { id })).status).toBe(200)
  await expectRefusal(house, () => bob.call('sendReport', OUTSIDE), DENIED)
})

test(proves('edge:history:labels', 'given again by a retry'), async () => {
  const alice = await open({ configuration: { limits: { labelMs: 60_000 } } })
  const read = () => alice.call('listExpenses', { limit: 10 }, { idempotencyKey: 'rows' })
  const first = await read()
  expect(first.text).toContain('confidential')
  await expectRefusal(house, () => alice.call('sendReport', OUTSIDE), DENIED)
  house.advance(61_000)
  expect((await alice.call('sendReport', OUTSIDE)).status, 'the window is over').toBe(200)
  expect((await read()).body).toEqual(first.body)
  await expectRefusal(house, () => alice.call('sendReport', OUTSIDE), DENIED)
})

test(proves('edge:history:own'), async () => {
  const alice = await open()
  const quiet = await alice.call('queryExpenses', {
    sql: 'select id, confidential from expenses where not confidential order by id limit 3',
  })
  expect(quiet.body.result?.structuredContent?.rows).toHaveLength(3)
  const bob = await house.agent('bob', { acr: ACR_MFA })
  await readConfidential(bob)
  await expectRefusal(house, () => bob.call('sendReport', OUTSIDE), DENIED)
  // Another actor of the same subject: what is read through it raises its own labels, and not the planner's.
  await editPolicy(house, 'agents.cedar', (text) => text.replace(/principal == Agent::"[^"]+"/, 'principal is Agent'))
  const carol = await house.agent('carol', { acr: ACR_MFA })
  const other = await house.agent('carol', { acr: ACR_MFA, actor: 'spiffe://expense.example/agents/other' })
  await readConfidential(other)
  expect((await carol.call('sendReport', OUTSIDE)).status, 'what she read through another agent').toBe(200)
  await readConfidential(carol)
  await expectRefusal(house, () => carol.call('sendReport', OUTSIDE), DENIED)
})

test(proves('edge:history:down'), async () => {
  let stop = async () => {}
  const alice = await open({ beforeStatement: () => stop() })
  // The state goes away while the handler runs: the rows are there, and cannot be remembered as read.
  stop = () => house.lockstep.close()
  const answer = await alice.call('listExpenses', { limit: 10 })
  expect(answer.text).not.toMatch(/INV-|confidential|DE\d\d/)
  expect(answer.body.result?.structuredContent).toBeUndefined()
  const recorded = house.recorded(answer.trace)
  expect(recorded.map(({ step, outcome }) => `${step} ${outcome}`)).toContain('response failed')
  stop = async () => {}
  const after = await alice.call('sendReport', OUTSIDE)
  expect(after.status).toBe(503)
  expect(house.outbox).toEqual([])
})
