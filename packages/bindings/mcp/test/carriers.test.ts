import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { planOutput, release } from '@lockstep/execution/egress'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'
import type { Carrier } from '../src/reached/carrier.ts'
import { PROMPT_MESSAGES } from '../src/reached/prompt-messages.ts'
import { resourceContents } from '../src/reached/resource-contents.ts'
import { createRelease } from '../src/release.ts'

const URI = 'expense://1'
const record = {
  type: 'object',
  'x-lockstep': { entity: 'Expense' },
  properties: { id: {}, dept_id: {}, employee_id: {}, iban: {}, amount: {} },
}
const plan = planOutput(
  'read',
  {
    outputSchema: {
      type: 'object',
      'x-lockstep': { text: 'json' },
      properties: { items: { type: 'array', items: record }, note: { 'x-lockstep': 'public' } },
    },
  },
  { tables: expenseTables },
)
const releaseMessage = createRelease(
  (call, result, keep) => release(call, result, plan, { askRead: askReadExpenses, isFinalRow: () => false, keep }),
  async (_call, released) => released,
)

const expense = fc.record(
  {
    id: fc.constantFrom('INV-1', 'INV-2'),
    dept_id: fc.constantFrom<JsonValue>(42, 7, 'none'),
    employee_id: fc.constantFrom('user:alice', 'user:bob'),
    iban: fc.constantFrom<JsonValue>('DE001234', null, { CANARY: 1 }),
    amount: fc.nat(),
    hidden: fc.constant('CANARY'),
  },
  { requiredKeys: ['id'] },
)
const structures = fc.record(
  {
    items: fc.array(expense, { maxLength: 4 }),
    note: fc.string({ unit: 'binary', maxLength: 6 }),
    other: fc.constant('CANARY'),
  },
  { requiredKeys: [] },
)

test(proves('reach:released', 'the same in every carrier'), async () => {
  let left = 0
  await fc.assert(
    fc.asyncProperty(structures, fc.constantFrom('user:alice', 'user:carol'), async (structure, subject) => {
      const call = authorizedCall(subject)
      const made = structure as JsonObject
      const through = async (result: JsonObject, carrier?: Carrier) =>
        (await releaseMessage(call, { jsonrpc: '2.0', id: 1, result }, 'enforce', carrier)).message.result
      const text = JSON.stringify(made)
      const tool = await through({ structuredContent: made, content: [] })
      const resource = await through({ contents: [{ uri: URI, text }] }, resourceContents(URI))
      const prompt = await through({ messages: [{ role: 'user', content: { type: 'text', text } }] }, PROMPT_MESSAGES)
      const expected = JSON.stringify(isJsonObject(tool) ? tool.structuredContent : undefined)
      expect(resource).toEqual({ contents: [{ uri: URI, mimeType: 'application/json', text: expected }] })
      expect(prompt).toEqual({ messages: [{ role: 'user', content: { type: 'text', text: expected } }] })
      expect(expected).not.toContain('CANARY')
      left += expected.length
    }),
    { numRuns: 200 },
  )
  expect(left).toBeGreaterThan(4000)
})

test(proves('reach:released', 'results of no shape'), async () => {
  const call = authorizedCall('user:alice')
  const odd: JsonValue[] = [null, 7, 'CANARY', ['CANARY'], { uri: URI }, { uri: URI, text: 7, blob: 'CANARY' }]
  const texts: JsonValue[] = [
    { uri: URI, text: '{"note":"x"}', blob: 'CANARY' },
    { uri: `${URI}/`, text: '{"note":"CANARY"}' },
  ]
  for (const contents of ['CANARY', { CANARY: 1 }, ...odd.map((one) => [one]), ...texts.map((one) => [one])]) {
    const outbound = { jsonrpc: '2.0', id: 1, result: { contents, CANARY: 1, isError: false } }
    const { message, withheld } = await releaseMessage(call, outbound, 'enforce', resourceContents(URI))
    expect(message.result, JSON.stringify(contents)).toEqual({ contents: [] })
    expect(withheld).toMatchObject({ fields: ['content'] })
  }
  for (const message of [
    null,
    7,
    { role: 'system', content: { type: 'text', text: '{"note":"x"}' } },
    { role: 'user' },
  ]) {
    const outbound = { jsonrpc: '2.0', id: 1, result: { messages: [message], description: 'CANARY' } }
    expect((await releaseMessage(call, outbound, 'enforce', PROMPT_MESSAGES)).message.result).toEqual({ messages: [] })
  }
})
