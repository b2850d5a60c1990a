import type { EntityFact, EntityRef, Facts, RelationshipSource, Value } from '@lockstep/core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const DEPARTMENT: EntityRef = { type: 'Department', id: '42' }
const MANAGES: Value = { set: [{ entity: DEPARTMENT }] }

/** What is true of alice. */
const attributes = { manages: MANAGES, coApproverFor: { set: [] }, approvalLimit: 500_000 }
const alice: EntityFact = { type: 'User', id: 'user:alice', attributes, parents: [{ type: 'Role', id: 'finance' }] }
const agent: EntityFact = { type: 'Agent', id: PLANNER, attributes: {}, parents: [] }
const facts = (...entities: unknown[]) => ({ entities, revision: '1' })
/** What a source answers at runtime, whatever its type says. */
const answers =
  (given: unknown): RelationshipSource['load'] =>
  async () =>
    given as Facts

let house: ExpenseHouse
let planner: HouseAgent
let load: RelationshipSource['load']
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      relationships: { load: (who) => load(who) },
      limits: { factsMs: 150, factValues: 500 },
    },
  })
  planner = await house.agent('alice')
})
afterAll(() => house.close())
beforeEach(() => {
  load = answers(facts(alice, agent))
})

/** Approves a fresh invoice with a transaction token that was issued while all was well. */
async function approve(spoil: () => void) {
  load = answers(facts(alice, agent))
  const { id } = await house.invoice()
  const txnToken = await planner.txnToken('approveExpense', { invoiceId: id })
  spoil()
  const before = await house.effects()
  const answer = await planner.call('approveExpense', { invoiceId: id }, { txnToken })
  return { answer, id, unchanged: (await house.effects()) === before }
}

async function refuses(answer: unknown, code: string) {
  const { answer: told, unchanged } = await approve(() => {
    load = typeof answer === 'function' ? (answer as RelationshipSource['load']) : answers(answer)
  })
  expect(told.body.error?.data?.code).toBe(code)
  expect(told.status).toBe(503)
  expect(told.text).not.toContain('CANARY')
  expect(unchanged).toBe(true)
  expect(house.recorded(told.trace)).toContainEqual(expect.objectContaining({ outcome: 'failed', code }))
  expect(JSON.stringify(house.recorded(told.trace))).not.toContain('CANARY')
  expect(await planner.list()).toEqual([])
  // The process serves whoever comes next.
  load = answers(facts(alice, agent))
  expect((await planner.list()).map(({ name }) => name)).toContain('approveExpense')
}

test(proves('facts:source:well'), async () => {
  const { answer, id } = await approve(() => undefined)
  expect(answer.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
  // What the two lead to, and what they do not.
  const known = { ...alice, attributes: { ...attributes, department: { entity: DEPARTMENT } } }
  const elsewhere = { type: 'Department', id: '7', attributes: {}, parents: [] }
  load = answers(facts(known, agent, { ...DEPARTMENT, attributes: {}, parents: [] }, elsewhere))
  expect(await planner.list()).not.toEqual([])
  // An actor of whom nothing is known is one that the source need not name.
  load = answers(facts(alice))
  expect(await planner.list()).not.toEqual([])
})

const prototyped = Object.create({ entities: [alice, agent], revision: '1' }) as object
const inherited = Object.create(attributes) as typeof attributes
const reserved = { ...alice, attributes: JSON.parse('{"__proto__": 1}') as object }

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'CANARY'],
  ['an array', [alice, agent]],
  ['no revision', { entities: [alice, agent] }],
  ['an empty revision', { entities: [alice, agent], revision: '' }],
  ['an endless revision', { entities: [alice, agent], revision: '1'.repeat(257) }],
  ['a revision that is a number', { entities: [alice, agent], revision: 1 }],
  ['an unknown member', { ...facts(alice, agent), CANARY: true }],
  ['members by prototype', prototyped],
  ['a reserved attribute', facts(reserved, agent)],
  ['entities as an object', { entities: { 0: alice }, revision: '1' }],
  ['an entity that is null', facts(alice, null)],
  ['an entity with an unknown member', facts({ ...alice, CANARY: 1 }, agent)],
  ['an entity without parents', facts({ ...alice, parents: undefined }, agent)],
  ['an id that is a number', facts({ ...alice, id: 17 }, agent)],
  ['half a surrogate pair', facts({ ...alice, parents: [{ type: 'Role', id: '\ud800' }] }, agent)],
  ['a value that is null', facts({ ...alice, attributes: { ...attributes, approvalLimit: null } }, agent)],
  ['a Date', facts({ ...alice, attributes: { ...attributes, approvalLimit: new Date() } }, agent)],
  ['a bigint', facts({ ...alice, attributes: { ...attributes, approvalLimit: 1n } }, agent)],
  ['an unsafe number', facts({ ...alice, attributes: { ...attributes, approvalLimit: 2 ** 53 } }, agent)],
  ['a value of two kinds', facts({ ...alice, attributes: { ...attributes, manages: { set: [], record: {} } } }, agent)],
  ['nobody', facts()],
  ['the actor alone', facts(agent)],
  ['somebody else', facts({ ...alice, id: 'user:CANARY' }, agent)],
  ['somebody else as well', facts(alice, agent, { ...alice, id: 'user:CANARY' })],
  ['another agent', facts(alice, agent, { ...agent, id: 'spiffe://CANARY' })],
  ['an entity twice', facts(alice, alice, agent)],
  ['an entity twice, contradicting itself', facts(alice, { ...alice, parents: [] }, agent)],
])(`${proves('facts:source:shape')}: %s`, async (_name, answer) => {
  await refuses(answer, 'policy.facts-invalid')
})

test(proves('facts:source:shape', 'members that throw'), async () => {
  const trap = {
    get entities(): never {
      throw new Error('CANARY')
    },
    revision: '1',
  }
  await refuses(trap, 'policy.facts-invalid')
})

test.each([
  ['an attribute that the schema does not declare', { ...attributes, CANARY: 1 }],
  ['an attribute of another type', { ...attributes, approvalLimit: 'CANARY' }],
  ['a set of other entities', { ...attributes, manages: { set: [{ entity: { type: 'Role', id: '42' } }] } }],
  ['attributes by prototype', inherited],
  ['a required attribute left out', { manages: MANAGES, coApproverFor: { set: [] } }],
])(`${proves('facts:source:schema')}: %s`, async (_name, wrong: EntityFact['attributes']) => {
  const { answer, unchanged } = await approve(() => {
    load = answers(facts({ ...alice, attributes: wrong }, agent))
  })
  expect(answer.body.result).toBeUndefined()
  expect(answer.text).not.toContain('CANARY')
  expect(unchanged).toBe(true)
})

test(proves('facts:source:schema', 'an entity of a type that is not declared'), async () => {
  const { answer, unchanged } = await approve(() => {
    load = answers(facts(alice, agent, { type: 'Robot', id: '1', attributes: {}, parents: [] }))
  })
  expect(answer.body.result).toBeUndefined()
  expect(unchanged).toBe(true)
})

test.each([
  ['it rejects', async () => Promise.reject(new Error('CANARY'))],
  [
    'it throws',
    () => {
      throw new Error('CANARY')
    },
  ],
  ['it never answers', () => new Promise(() => undefined)],
])(`${proves('facts:source:down')}: %s`, async (_name, down) => {
  await refuses(down, 'policy.facts-unavailable')
})

const departments = (count: number) =>
  Array.from({ length: count }, (_, id): Value => ({ entity: { type: 'Department', id: String(id) } }))

test.each([
  [
    'a set of a million',
    facts({ ...alice, attributes: { ...attributes, manages: { set: departments(1_000_000) } } }, agent),
  ],
  [
    'a million roles',
    facts({ ...alice, parents: Array.from({ length: 1_000_000 }, () => ({ type: 'Role', id: 'finance' })) }, agent),
  ],
  ['a million entities', { entities: Array.from({ length: 1_000_000 }, () => alice), revision: '1' }],
  [
    'an endless text',
    facts({ ...alice, attributes: { ...attributes, manages: { set: ['x'.repeat(100_000)] } } }, agent),
  ],
  [
    'one more than the bound',
    facts({ ...alice, attributes: { ...attributes, manages: { set: departments(500) } } }, agent),
  ],
])(`${proves('facts:source:too-much')}: %s`, async (_name, answer) => {
  await refuses(answer, 'policy.facts-too-large')
})

test(proves('facts:source:too-much', 'nested without end'), async () => {
  const endless: { record: Record<string, unknown> } = { record: {} }
  endless.record.again = endless
  await refuses(facts({ ...alice, attributes: { ...attributes, manages: endless } }, agent), 'policy.facts-invalid')
})

test(proves('facts:source:lies'), async () => {
  // Of dave's expenses alice sees those of a department that she manages.
  const seen = async () => {
    const sql = "select count(*) as n from expenses where employee_id = 'user:dave'"
    const { body } = await planner.call('queryExpenses', { sql })
    return JSON.stringify(body.result?.structuredContent?.rows)
  }
  const before = await seen()
  expect(before).not.toBe('[{"n":0}]')
  const demoted = { ...alice, attributes: { ...attributes, manages: { set: [] } } }
  // The same revision, and other facts.
  load = answers(facts(demoted, agent))
  expect(await seen()).toBe('[{"n":0}]')
  expect((await planner.list()).map(({ name }) => name)).not.toContain('approveExpense')
  const { answer, unchanged } = await approve(() => {
    load = answers(facts(demoted, agent))
  })
  expect(answer.body.error?.data?.code).toBe('discovery.tool-unknown')
  expect(unchanged).toBe(true)
  // And back: what was refused is not refused by what was remembered.
  load = answers(facts(alice, agent))
  expect(await seen()).toBe(before)
  // The record tells the two apart, though the source does not.
  const read = async (entity: EntityFact) => {
    load = answers(facts(entity, agent))
    const { trace } = await planner.call('listExpenses', {})
    const decided = house.recorded(trace).find(({ step, outcome }) => step === 'invocation' && outcome === 'permitted')
    return decided?.detail
  }
  const [one, other] = [await read(alice), await read(demoted)]
  expect(one?.facts).toEqual(other?.facts)
  expect(one?.digests).not.toEqual(other?.digests)
})

test(proves('facts:source:copied'), async () => {
  let reads = 0
  const kept = {
    ...alice,
    attributes: {
      ...attributes,
      // One answer to a check, and another to the decision.
      get manages(): Value {
        reads += 1
        return reads === 1 ? { set: [] } : MANAGES
      },
    },
  }
  const { answer, unchanged } = await approve(() => {
    load = async () => ({ entities: [kept, agent], revision: '1' })
  })
  expect(answer.body.result).toBeUndefined()
  expect(unchanged).toBe(true)
  expect(reads).toBe(1)
})
