import { mcpAuth } from '@lockstep/express'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'listExpenses'
const MEBIBYTE = 1_048_576
const MAIL = 'anna.berg@example.com'
/** A record of alice's own department, of which she may read all but the whole account. */
const record = (n: number) => ({
  ...{ id: `INV-${n}`, dept_id: 42, employee_id: 'user:alice', confidential: false, amount: n },
  iban: `DE0250010517013707503${n % 10}`,
  vendor: `ask ${MAIL}`,
})
const PROPERTIES = { id: {}, dept_id: {}, employee_id: {}, confidential: {}, amount: {}, iban: {}, vendor: {} }
const OUTPUT = {
  type: 'object',
  'x-lockstep': { attachments: 'public' },
  properties: {
    expenses: { type: 'array', items: { type: 'object', 'x-lockstep': { entity: 'Expense' }, properties: PROPERTIES } },
    note: { type: 'string', 'x-lockstep': 'public' },
    log: { type: 'array' },
  },
}
const labeled = { 'lockstep/labels': ['confidential'] }
const image = { type: 'image', mimeType: 'image/png', data: 'A'.repeat(400) }
const audio = { type: 'audio', mimeType: 'audio/wav', data: 'AAAA', _meta: labeled }
const link = { type: 'resource_link', uri: 'file:///a', name: 'a', size: 10 }
const unsized = { type: 'resource_link', uri: 'file:///b', name: 'b' }
const blob = { type: 'resource', resource: { uri: 'file:///c', blob: 'A'.repeat(4_000) } }
const embedded = { type: 'resource', resource: { uri: 'file:///d', text: 'é'.repeat(100) } }
const ATTACHED = [image, audio, link, unsized, blob, embedded]

/** Hangs where it is told to. */
const hanging = `export const detect = (text) => { if (text === 'HANG') for (;;); return [] }`
const notices: string[] = []
let padding = 0
let note = `ask ${MAIL}`
let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      tools: { ...expenseTools, [TOOL]: { outputSchema: OUTPUT } },
      limits: { answerBytes: 2 * MEBIBYTE },
      obligations: {
        redactText: { deadline: 4_000, detectors: [new URL(`data:text/javascript,${encodeURIComponent(hanging)}`)] },
        notify: async ({ topic, tool }) => void notices.push(`${topic}: ${tool}`),
        own: {
          stamp: {
            value: { kind: 'text' },
            apply: (result, { values }) => ({ ...result, structuredContent: { note: values.join() } }),
          },
        },
      },
    },
    mount: (lockstep) => {
      const app = express()
      app.use(mcpAuth(lockstep))
      app.all('/mcp', (request, response) => {
        const expenses = [1, 2, 3, 4].map(record)
        const structuredContent = { log: ['x'.repeat(padding)], expenses, note }
        const result = { structuredContent, content: [{ type: 'text', text: 'CANARY' }, ...ATTACHED] }
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ jsonrpc: '2.0', id: request.body.id, result }))
      })
      return app
    },
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

/** Calls while the two permits that the call rests on are obliged so. */
async function obliged<T>(finance: string, employee: string, during: () => Promise<T>): Promise<T> {
  const undo = await editPolicy(house, 'tools.cedar', (text) =>
    text
      .replace('@id("finance-lists")', `@id("finance-lists")\n${finance}`)
      .replace('@id("employee-lists")', `@id("employee-lists")\n${employee}`),
  )
  try {
    return await during()
  } finally {
    await undo()
  }
}
async function listed(size: 'held' | 'streamed'): Promise<WireAnswer> {
  // What is not bound does not leave, and makes an answer large.
  padding = size === 'held' ? 0 : 1.2 * MEBIBYTE
  let answer = await alice.call(TOOL, {})
  // A busy machine may search too late: what was late does not leave, and is asked for again.
  for (let tries = 0; tries < 8 && answer.body.error?.data?.code === 'execution.obligation-failed'; tries += 1) {
    answer = await alice.call(TOOL, {})
  }
  const outcome = house.recorded(answer.trace).find(({ step }) => step === 'response')
  expect(outcome?.detail?.streamed !== undefined).toBe(size === 'streamed')
  return answer
}
const contentOf = ({ body }: WireAnswer) => body.result?.content
const textOf = (value: unknown) => ({ type: 'text', text: JSON.stringify(value) })

/** What is demanded by the two policies, and what leaves then. */
interface Demand {
  readonly finance: string
  readonly employee: string
  readonly rows?: readonly object[]
  readonly note?: string
  readonly attached?: readonly object[]
  readonly marks?: readonly string[]
}
const { iban: _, ...withoutIban } = record(1)
const DEMANDS: Readonly<Record<string, Demand>> = {
  'kinds of both': {
    finance: '@redact_attachments("image")',
    employee: '@redact_attachments("resource_link, audio")',
    attached: [blob, embedded],
  },
  'the least size, and no unknown one': {
    finance: '@limit_attachments("300")',
    employee: '@limit_attachments("200")',
    attached: [audio, link, embedded],
  },
  'a label': {
    finance: '@redact_labeled("confidential")',
    employee: '',
    attached: ATTACHED.filter((a) => a !== audio),
  },
  'dropped before masked, and the least of rows': {
    finance: '@mask("bank")\n@limit("3")',
    employee: '@drop("bank")\n@limit("1")',
    rows: [withoutIban],
  },
  'texts, and watermarks of both': {
    finance: '@redact_text\n@watermark("Two")',
    employee: '@watermark("One")\n@redact_attachments("all")',
    rows: [1, 2, 3, 4].map((n) => ({ ...record(n), iban: `****503${n}`, vendor: 'ask [email]' })),
    note: 'ask [email]',
    attached: [],
    marks: ['One', 'Two'],
  },
}

describe('what policies oblige a call to', () => {
  test.each(Object.entries(DEMANDS))(
    proves('egress:obligation:everywhere', 'over HTTP, held and streamed: %s'),
    async (_name, { finance, employee, rows, note: said = note, attached = ATTACHED, marks = [] }) => {
      // The long answer first: it waits for the thread that searches to start.
      const answers = await obliged(finance, employee, async () => [await listed('streamed'), await listed('held')])
      for (const answer of answers) {
        const { structuredContent: left } = answer.body.result ?? {}
        if (rows) expect(left?.expenses).toEqual(rows)
        expect(left).toEqual({ expenses: expect.any(Array), note: said })
        const marked = marks.map((mark) => ({ type: 'text', text: expect.stringMatching(`^${mark} \\[call `) }))
        expect(contentOf(answer)).toEqual([textOf(left), ...attached, ...marked])
        expect(answer.body.result?._meta).toEqual(
          rows?.length === 1
            ? { 'lockstep/more-withheld': true }
            : marks.length > 0
              ? { 'lockstep/watermark': marks }
              : undefined,
        )
        expect(answer.text).not.toContain('CANARY')
      }
    },
  )

  test(proves('egress:obligation:everywhere', 'somebody is told of a streamed answer'), async () => {
    const answer = await obliged('@notify("security")', '@notify("security")', () => listed('streamed'))
    expect(answer.body.result?.structuredContent?.note).toBe(`ask ${MAIL}`)
    await vi.waitFor(() => expect(notices).toEqual([`security: ${TOOL}`]), PATIENT)
  })

  test(proves('egress:obligation:whole'), async () => {
    const [held, refused] = await obliged('@stamp("mine")', '', async () => {
      const small = await listed('held')
      padding = 3 * MEBIBYTE
      return [small, await alice.call(TOOL, {})]
    })
    expect(held?.body.result?.structuredContent).toEqual({ note: 'mine' })
    expect(refused?.body.error?.data?.code).toBe('execution.answer-too-large')
    expect(refused?.text).not.toMatch(/INV-|anna|CANARY/)
    expect(house.recorded(refused?.trace ?? '').at(-1)).toMatchObject({
      ...{ step: 'response', outcome: 'failed', code: 'execution.answer-too-large' },
    })
  })

  test(proves('redaction:stream:fails', 'over HTTP, a detector that hangs'), async () => {
    note = 'HANG'
    padding = 1.2 * MEBIBYTE
    const answer = await obliged('@redact_text', '', () => alice.call(TOOL, {}))
    note = `ask ${MAIL}`
    expect(answer.body.error?.data?.code).toBe('execution.obligation-failed')
    expect(answer.text).not.toMatch(/INV-|anna|HANG|CANARY/)
    expect(house.recorded(answer.trace).at(-1)).toMatchObject({
      ...{ step: 'response', outcome: 'failed', code: 'execution.obligation-failed' },
    })
  })

  // The last: for some seconds after it she does not sign in.
  test(proves('egress:obligation:everywhere', 'the session ends before a streamed answer begins'), async () => {
    padding = 1.2 * MEBIBYTE
    const answer = await obliged('@terminate_session', '', () => alice.call(TOOL, {}))
    expect(answer.body.error?.data?.code).toBe('gateway.token-revoked')
    expect(answer.text).not.toMatch(/INV-|anna|CANARY/)
    expect((await alice.call(TOOL, {})).status).toBe(401)
  })
})
