import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { replaceFile } from '../fixtures/replace-file.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'listExpenses'
const notices: string[] = []
const problems: string[] = []
let isBroken = false

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      onPolicyError: (error) => void problems.push(error instanceof Error ? error.message : String(error)),
      obligations: {
        notify: async ({ topic, tool, subject }) => {
          if (isBroken) throw new Error('CANARY')
          notices.push(`${topic}: ${tool} by ${subject.id}`)
        },
      },
    },
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

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
  expect(notices).toEqual([`security: ${TOOL} by user:alice`])
  expect(house.recorded(left.trace).at(-1)).toMatchObject({ step: 'response', outcome: 'completed' })
})

test(proves('egress:obligation:failed', 'over HTTP'), async () => {
  isBroken = true
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
