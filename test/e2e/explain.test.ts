import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACR_MFA, ACR_PASSWORD } from '../../examples/expense-approval/authorization-server/assurance.ts'
import expectations from '../../examples/expense-approval/policies/expectations.ts'
import type { ExplainedCall } from '../../packages/bindings/mcp/src/index.ts'
import { testPolicies } from '../../packages/testing/src/index.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

let house: ExpenseHouse
beforeAll(async () => {
  house = await openExpenseHouse()
})
afterAll(() => house.close())

const approve = (person: string, invoiceId: string, over: Partial<ExplainedCall> = {}) =>
  house.lockstep.explain({
    subject: { id: `user:${person}` },
    actor: { id: PLANNER },
    tool: 'approveExpense',
    arguments: { invoiceId },
    acr: ACR_PASSWORD,
    ...over,
  })

test(proves('policy:explain:agrees', 'as the calls themselves'), async () => {
  const small = await house.invoice()
  const large = await house.invoice(600_000)
  const seen = []
  for (const person of ['alice', 'bob', 'carol', 'dave']) {
    for (const { id } of [small, large]) {
      const agent = await house.agent(person)
      const answer = await agent.call('approveExpense', { invoiceId: id })
      const { effect, stepUp } = await approve(person, id)
      const code = answer.body.error?.data?.code
      // A permitted call is only short of its transaction token.
      expect([person, id, effect]).toEqual([person, id, code === 'invocation.txn-token-missing' ? 'permit' : 'deny'])
      expect(stepUp?.acr).toBe(answer.body.error?.data?.unlock?.acr)
      seen.push(effect)
    }
  }
  expect(new Set(seen)).toEqual(new Set(['permit', 'deny']))
})

test(proves('policy:explain:step-up'), async () => {
  const { id } = await house.invoice(600_000)
  const weak = await approve('alice', id)
  expect(weak).toMatchObject({
    effect: 'deny',
    code: 'invocation.denied',
    refused: 'subject',
    stepUp: { acr: ACR_MFA, approval: true },
  })
  expect(weak.changes).toBeUndefined()
  expect(await approve('alice', id, { acr: ACR_MFA })).toMatchObject({
    code: 'invocation.approval-required',
    stepUp: { approval: true },
  })
  const { id: within } = await house.invoice()
  expect(await approve('alice', within)).toMatchObject({
    effect: 'permit',
    policies: ['manager-approves', 'planner-acts'],
  })
})

test(proves('policy:explain:both'), async () => {
  const { id } = await house.invoice()
  const stranger = await approve('alice', id, { actor: { id: 'spiffe://expense.example/agents/other' } })
  expect(stranger).toMatchObject({ effect: 'deny', refused: 'actor' })
  expect(stranger.principals.map(({ role, decision }) => [role, decision?.effect])).toEqual([
    ['subject', 'permit'],
    ['actor', 'deny'],
  ])
})

test(proves('policy:explain:facts'), async () => {
  const { id } = await house.invoice()
  const before = await approve('dave', id, { reveal: true })
  expect(before.changes).toEqual([
    { entity: { type: 'User', id: 'user:dave' }, kind: 'member', of: { type: 'Role', id: 'finance' } },
    {
      entity: { type: 'User', id: 'user:dave' },
      kind: 'add',
      attribute: 'manages',
      value: { entity: { type: 'Department', id: '42' } },
    },
    { entity: { type: 'User', id: 'user:dave' }, kind: 'set', attribute: 'approvalLimit', value: expect.any(Number) },
  ])
  const { pglite } = house.data
  await pglite.query(`insert into role_members values ('user:dave', 'finance')`)
  await pglite.query(`insert into department_managers values ('user:dave', 42)`)
  await pglite.query(`insert into approval_limits values ('user:dave', 500000)`)
  const after = await approve('dave', id)
  for (const table of ['role_members', 'department_managers', 'approval_limits']) {
    await pglite.query(`delete from ${table} where employee_id = 'user:dave'`)
  }
  expect(after.effect).toBe('permit')
})

describe('what the subject may not view', () => {
  test(proves('policy:explain:withheld', 'is told neither by value nor by outcome'), async () => {
    const { id, amount } = await house.invoice()
    const told = await approve('carol', id)
    expect(told).toMatchObject({ effect: 'deny', resource: { id, found: 'hidden' }, policies: [] })
    expect(JSON.stringify(told)).not.toContain(String(amount))
    expect([told.changes, told.refused, told.principals[0]?.decision]).toEqual([undefined, undefined, undefined])
    const conditions = told.principals.flatMap(({ policies }) => policies.flatMap((policy) => policy.conditions))
    const resting = conditions.filter(({ reads }) => reads.some(({ path }) => path.startsWith('resource.')))
    expect(resting.length).toBeGreaterThan(5)
    for (const { outcome, reads, needs } of resting) {
      expect([outcome, needs]).toEqual(['withheld', undefined])
      expect(reads.filter(({ path, value }) => path.startsWith('resource') && value !== undefined)).toEqual([])
    }
    expect(conditions.find(({ text }) => text === 'principal in Role::"finance"')?.outcome).toBe('holds')
  })

  test(proves('policy:explain:withheld', 'looks like one that is not there'), async () => {
    const { id } = await house.invoice()
    const there = JSON.stringify(await approve('carol', id)).replaceAll(id, 'INV')
    const missing = JSON.stringify(await approve('carol', 'INV-0000')).replaceAll('INV-0000', 'INV')
    expect(missing).toBe(there)
  })

  test(proves('policy:explain:withheld', 'is told to an operator who says so'), async () => {
    const { id, amount } = await house.invoice()
    const told = await approve('carol', id, { reveal: true })
    expect(told.resource).toEqual({ type: 'Expense', id, found: 'stored' })
    expect(JSON.stringify(told)).toContain(String(amount))
    expect((await approve('carol', 'INV-0000', { reveal: true })).resource?.found).toBe('missing')
  })
})

test(proves('policy:explain:no-effect'), async () => {
  const events: unknown[] = []
  const quiet = await openExpenseHouse({
    configuration: { audit: { append: async (event) => void events.push(event) } },
  })
  const { id } = await quiet.invoice(600_000)
  const effects = await quiet.effects()
  const asked = { subject: { id: 'user:alice' }, actor: { id: PLANNER }, tool: 'approveExpense', acr: ACR_MFA }
  const first = await quiet.lockstep.explain({ ...asked, arguments: { invoiceId: id } })
  expect(first.code).toBe('invocation.approval-required')
  expect(events).toEqual([])
  expect(await quiet.effects()).toBe(effects)
  await quiet.close()
})

test(proves('policy:explain:misuse'), async () => {
  const { id } = await house.invoice()
  await expect(approve('alice', id, { acr: 'urn:invented' })).rejects.toThrow(TypeError)
  await expect(approve('alice', id, { subject: { id: '' } })).rejects.toThrow(TypeError)
  const stranger = { id: 'user:alice', issuer: 'https://elsewhere.example' }
  await expect(approve('alice', id, { subject: stranger })).rejects.toThrow('`issuer` must be one of those configured')
  const misspelt: object = { revel: true }
  await expect(approve('alice', id, misspelt)).rejects.toThrow('unknown option `revel`')
  await expect(
    approve('alice', id, { arguments: { toString: 'x', __proto__: null, constructor: 'x' } }),
  ).rejects.toThrow('invocation.arguments-unsafe')
  expect(await approve('alice', id, { tool: 'invented' })).toMatchObject({
    effect: 'deny',
    code: 'discovery.tool-unknown',
    principals: [],
  })
})

describe('what is recorded of a denial', () => {
  test(proves('policy:explain:denied'), async () => {
    const { id } = await house.invoice(600_000)
    const answer = await (await house.agent('alice')).call('approveExpense', { invoiceId: id })
    const record = house.recorded(answer.trace).find(({ outcome }) => outcome === 'denied')
    expect(record).toMatchObject({
      step: 'invocation',
      subject: 'user:alice',
      actor: PLANNER,
      tool: 'approveExpense',
      policies: [],
      policyVersion: house.lockstep.policyVersion,
      detail: {
        refused: 'subject',
        resource: `Expense::${id}`,
        digests: { arguments: expect.any(String), resource: expect.any(String) },
        facts: expect.any(String),
        unlock: ACR_MFA,
      },
    })
    expect(JSON.stringify(record)).not.toContain('600000')
  })

  test(proves('policy:explain:denied', 'names no resource that is not there'), async () => {
    const answer = await (await house.agent('alice')).call('approveExpense', {
      invoiceId: 'a-token-in-the-wrong-place',
    })
    const record = house.recorded(answer.trace).find(({ outcome }) => outcome === 'denied')
    expect(record?.detail).toMatchObject({ digests: { arguments: expect.any(String) }, facts: expect.any(String) })
    expect(JSON.stringify(record)).not.toContain('wrong-place')
  })

  test(proves('policy:explain:denied', 'also at the token endpoint'), async () => {
    const { id } = await house.invoice(600_000)
    const agent = await house.agent('alice')
    const before = house.lockstep.policyVersion
    const answer = await agent.exchange('approveExpense', { invoiceId: id })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    const record = house.recorded(answer.trace).find(({ outcome }) => outcome === 'denied')
    expect(record).toMatchObject({
      tool: 'approveExpense',
      policyVersion: before,
      detail: { issued: false, refused: 'subject', resource: `Expense::${id}` },
    })
  })
})

describe('a table of expectations in a test', () => {
  test(proves('policy:test:holds', 'on the sources of the example'), async () => {
    const { rows, undecided } = await testPolicies(house.lockstep, expectations)
    expect(rows.filter(({ passed }) => !passed)).toEqual([])
    expect(rows).toHaveLength(expectations.length)
    expect(undecided.map(({ id }) => id)).not.toContain('manager-approves')
    expect(undecided.map(({ id }) => id)).toContain('finance-reads-expenses')
  })

  test(proves('policy:test:differs', 'in a test'), async () => {
    const [first] = expectations
    if (!first) throw new Error('the example has no expectations')
    const { id } = await house.invoice(600_000)
    const wrong = {
      ...first,
      arguments: { invoiceId: id },
      given: {},
      expect: { effect: 'deny', stepUp: null },
    } as const
    const { rows } = await testPolicies(house.lockstep, [wrong])
    expect(rows[0]).toMatchObject({ passed: false, actual: expect.stringContaining('unless') })
  })
})
