import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ObligationMessage } from '@lockstep/core'
import { webhookNotifier } from '@lockstep/mcp'
import { openMemoryState } from '@lockstep/stores/memory'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { replaceFile } from '../fixtures/replace-file.ts'
import { PATIENT } from '../patient.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'listExpenses'
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const problems: string[] = []
let isBroken = false

/** What a receiver of webhooks took, in order. It takes nothing at the first attempt. */
const notices: ObligationMessage[] = []
const attempted: string[] = []
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const message = new Webhook(SECRET).verify(body, request.headers as Record<string, string>) as ObligationMessage
  const isFirst = !attempted.includes(message.id)
  attempted.push(message.id)
  if (!isFirst) notices.push(message)
  response.writeHead(isFirst ? 503 : 204).end()
})

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  house = await openExpenseHouse({
    configuration: {
      state: {
        async open({ clock }) {
          const state = await openMemoryState({ clock })
          const { put } = state.approvals.outbox
          state.approvals.outbox.put = (notice) => (isBroken ? Promise.reject(new Error('CANARY')) : put(notice))
          return state
        },
      },
      onPolicyError: (error) => void problems.push(error instanceof Error ? error.message : String(error)),
      obligations: {
        notify: webhookNotifier({ url: `http://127.0.0.1:${port}/hooks`, secret: SECRET }),
      },
    },
  })
  alice = await house.agent('alice')
})
afterAll(async () => {
  await house.close()
  receiver.close()
})

/** Lists expenses while the permit of the tool is obliged so. */
async function listed(annotations: string): Promise<WireAnswer> {
  const undo = await editPolicy(house, 'tools.cedar', (text) =>
    text.replace('@id("finance-lists")', `@id("finance-lists")\n${annotations}`),
  )
  try {
    return await alice.call(TOOL, {})
  } finally {
    await undo()
  }
}
const rowsOf = ({ body }: WireAnswer) =>
  Object.values(body.result?.structuredContent ?? {}).flatMap((rows) => (Array.isArray(rows) ? rows : []))

test(proves('egress:obligation:carried-out', 'over HTTP'), async () => {
  const plain = await alice.call(TOOL, {})
  expect(rowsOf(plain).length).toBeGreaterThan(2)
  expect(JSON.stringify(plain.body)).toMatch(/"iban":"\*{4}/)

  const left = await listed('@limit("2")\n@drop("bank")\n@watermark("Confidential")\n@notify("security")')
  expect(left.status).toBe(200)
  expect(rowsOf(left)).toHaveLength(2)
  expect(left.body.result?._meta).toMatchObject({
    'lockstep/more-withheld': true,
    'lockstep/watermark': ['Confidential'],
  })
  expect(left.text).toContain('Confidential [call ')
  expect(left.text).not.toMatch(/"iban":"[^"]/)
  await vi.waitFor(() => expect(attempted.length).toBeGreaterThan(0), PATIENT)
  house.advance(20_000)
  await vi.waitFor(() => expect(notices.length).toBeGreaterThan(0), PATIENT)
  const [{ id, data }] = notices as [ObligationMessage]
  expect(notices.filter((one) => one.id !== id)).toEqual([])
  expect(data).toEqual({
    ...{ topic: 'security', tool: TOOL, trace: left.trace, policies: ['finance-lists'] },
    ...{ call: expect.any(String), actor: PLANNER },
    subject: { issuer: house.issuer.issuer, id: 'user:alice' },
  })
  expect(house.recorded(left.trace).at(-1)).toMatchObject({ step: 'response', outcome: 'completed' })
})

test(proves('egress:obligation:failed', 'over HTTP'), async () => {
  isBroken = true
  const before = attempted.length
  const left = await listed('@notify("security")')
  isBroken = false
  expect(left.body.error?.data?.code).toBe('execution.obligation-failed')
  expect(left.body.result).toBeUndefined()
  expect(left.text).not.toMatch(/INV-|CANARY/)
  expect(house.recorded(left.trace).at(-1)).toMatchObject({
    step: 'response',
    outcome: 'failed',
    code: 'execution.obligation-failed',
  })
  const next = await listed('@notify("after")')
  expect(next.status).toBe(200)
  await vi.waitFor(() => expect(attempted.length).toBeGreaterThan(before), PATIENT)
  house.advance(20_000)
  await vi.waitFor(() => expect(notices.map(({ data }) => data.topic)).toContain('after'), PATIENT)
  expect(
    notices.filter(({ data }) => data.trace === left.trace),
    'of what did not leave nobody is told',
  ).toEqual([])
})

test(proves('egress:obligation:step-up'), async () => {
  const before = await house.effects()
  const left = await listed(`@step_up("${ACR_MFA}")`)
  expect(left.status).toBe(401)
  expect(left.headers.get('www-authenticate')).toContain(`acr_values="${ACR_MFA}"`)
  expect(left.text).not.toContain('INV-')
  expect(house.recorded(left.trace).map(({ step }) => step)).not.toContain('response')
  expect(await house.effects()).toBe(before)
})

test(proves('egress:obligation:load'), async () => {
  const { policyVersion } = house.lockstep
  const refusals: Record<string, string> = {
    '@mask("bnak")': 'bank',
    '@redact_text("all")': 'unknown annotation `@redact_text`',
    '@limit("-1")': 'integer',
    '@step_up("urn:none")': 'takes one of',
  }
  for (const [name, annotations] of [
    ...Object.entries(refusals).map(([annotation]) => ['tools.cedar', annotation] as const),
    ['read.cedar', '@mask("bank")'] as const,
  ]) {
    const file = `${house.policies}/${name}`
    const text = await readFile(file, 'utf8')
    problems.length = 0
    await replaceFile(file, text.replace('@id(', `${annotations}\n@id(`))
    await expect.poll(() => problems.length, { timeout: 60_000 }).toBeGreaterThan(0)
    expect(problems[0]).toContain(refusals[annotations] ?? 'reading or writing rows')
    expect(house.lockstep.policyVersion).toBe(policyVersion)
    await replaceFile(file, text)
    await expect.poll(() => house.lockstep.policyVersion, { timeout: 60_000 }).toBe(policyVersion)
  }
})

test(proves('egress:obligation:carried-out', 'the session ends'), async () => {
  const left = await listed('@terminate_session')
  expect(left.text).toContain('"code":"gateway.token-revoked"')
  expect(left.text).not.toContain('INV-')
  const after = await alice.call(TOOL, {})
  expect(after.status).toBe(401)
})
