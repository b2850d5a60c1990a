import type { EntityFact, ResourceSource } from '@lockstep/core'
import { createLockstep, type LockstepConfiguration, type QueryFunction } from '@lockstep/mcp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createExpenseData } from '../../examples/expense-approval/data/create-expense-data.ts'
import tables from '../../examples/expense-approval/policies/tables.ts'
import { expenseConfiguration } from '../../examples/expense-approval/server/expense-configuration.ts'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { EXPENSE_DATA } from '../fixtures/expense/expense-tables.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const AUTHORITY = 'the ledger, as svc-reader'
const invoice = (id: string, attributes: object = {}): EntityFact => ({
  type: 'Expense',
  id,
  attributes: {
    dept: { entity: { type: 'Department', id: '42' } },
    amount: 100_000,
    status: 'submitted',
    employee: { entity: { type: 'User', id: 'user:dave' } },
    confidential: false,
    ...attributes,
  },
  parents: [],
})

/** What a source answers at runtime, whatever its type says. */
const answers =
  (answer: (id: string) => unknown): ResourceSource['load'] =>
  async (_type, id) =>
    answer(id) as EntityFact | undefined

describe('a function of the team', () => {
  let house: ExpenseHouse
  let planner: HouseAgent
  let load: ResourceSource['load']
  const asked: string[] = []
  beforeAll(async () => {
    house = await openExpenseHouse({
      configuration: {
        resources: {
          authority: AUTHORITY,
          types: ['Expense'],
          load: (type, id) => {
            asked.push(type)
            return load(type, id)
          },
        },
        limits: { factsMs: 1_000, factValues: 200 },
      },
    })
    planner = await house.agent('alice')
  })
  afterAll(() => house.close())
  beforeEach(() => {
    load = answers(invoice)
  })

  /** Approves a fresh invoice, with a transaction token that was issued while all was well. */
  async function approve(spoil: () => void) {
    load = answers(invoice)
    const { id } = await house.invoice()
    const txnToken = await planner.txnToken('approveExpense', { invoiceId: id })
    spoil()
    const before = await house.effects()
    const answer = await planner.call('approveExpense', { invoiceId: id }, { txnToken })
    return { answer, id, unchanged: (await house.effects()) === before }
  }

  async function refuses(spoiled: ResourceSource['load'], code: string) {
    const { answer, unchanged } = await approve(() => {
      load = spoiled
    })
    expect(answer.body.error?.data?.code).toBe(code)
    expect(answer.text).not.toContain('CANARY')
    expect(unchanged).toBe(true)
    expect(JSON.stringify(house.recorded(answer.trace))).not.toContain('CANARY')
    const { answer: next } = await approve(() => undefined)
    expect(next.body.result?.structuredContent).toMatchObject({ status: 'approved' })
  }

  test(proves('facts:resource:authority'), async () => {
    const { answer, id } = await approve(() => undefined)
    expect(answer.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
    const decided = house
      .recorded(answer.trace)
      .find(({ step, outcome }) => step === 'invocation' && outcome === 'permitted')
    expect(decided?.detail).toMatchObject({ resource: `Expense::${id}`, authority: AUTHORITY })
    expect(new Set(asked)).toEqual(new Set(['Expense']))
    // Not the amount of the database, which is within the limit, but that of the source.
    const { answer: over } = await approve(() => {
      load = answers((one) => invoice(one, { amount: 30_000_000 }))
    })
    expect(over.body.result).toBeUndefined()
  })

  test.each([
    ['another id', () => invoice('INV-9001')],
    ['another type', (id: string) => ({ ...invoice(id), type: 'Employee' })],
    ['an id that is a number', (id: string) => ({ ...invoice(id), id: 17 })],
    ['a text', () => 'CANARY'],
    ['an array', (id: string) => [invoice(id)]],
    ['an unknown member', (id: string) => ({ ...invoice(id), CANARY: 1 })],
    ['members by prototype', (id: string) => Object.create(invoice(id)) as object],
    [
      'a reserved attribute',
      (id: string) => ({ ...invoice(id), attributes: JSON.parse('{"__proto__":"CANARY"}') as object }),
    ],
    ['NULL for a required attribute', (id: string) => invoice(id, { amount: null })],
    ['a Date', (id: string) => invoice(id, { amount: new Date() })],
    ['a fraction', (id: string) => invoice(id, { amount: 0.5 })],
  ])(`${proves('facts:resource:shape')}: %s`, async (_name, answer) => {
    await refuses(answers(answer), 'policy.facts-invalid')
  })

  test.each([
    ['an attribute that the schema does not declare', { CANARY: 'CANARY' }],
    ['an attribute of another type', { amount: 'CANARY' }],
    ['an entity of another type', { dept: { entity: { type: 'User', id: 'CANARY' } } }],
  ])(`${proves('facts:resource:schema')}: %s`, async (_name, wrong) => {
    await refuses(
      answers((id) => invoice(id, wrong)),
      'policy.evaluation-failed',
    )
  })

  test(proves('facts:resource:schema', 'attributes by prototype'), async () => {
    await refuses(
      answers((id) => ({ ...invoice(id), attributes: Object.create(invoice(id).attributes) as object })),
      'policy.evaluation-failed',
    )
  })

  const million = Array.from({ length: 1_000_000 }, () => 1)
  test.each([
    ['it rejects', 'policy.facts-unavailable', async () => Promise.reject(new Error('CANARY'))],
    [
      'it throws',
      'policy.facts-unavailable',
      () => {
        throw new Error('CANARY')
      },
    ],
    ['it never answers', 'policy.facts-unavailable', () => new Promise<undefined>(() => undefined)],
    ['a million values', 'policy.facts-too-large', answers((id) => invoice(id, { amount: { set: million } }))],
    ['a million parents', 'policy.facts-too-large', answers((id) => ({ ...invoice(id), parents: million }))],
  ] as const)(`${proves('facts:resource:down')}: %s`, async (_name, code, spoiled) => {
    await refuses(spoiled, code)
  })

  test.each([undefined, null])(`${proves('facts:resource:shape', 'none')}: %s`, async (none) => {
    await refuses(
      answers(() => none),
      'invocation.denied',
    )
  })

  test(proves('facts:resource:changed'), async () => {
    const { answer, unchanged } = await approve(() => {
      // Still permitted, and not what the token is for.
      load = answers((id) => invoice(id, { amount: 100_001 }))
    })
    expect(answer.body.error?.data?.code).toBe('invocation.resource-changed')
    expect(unchanged).toBe(true)
  })

  test(proves('facts:resource:changed', 'while it is decided on'), async () => {
    let reads = 0
    const { answer, unchanged } = await approve(() => {
      load = answers((id) => ({
        ...invoice(id),
        attributes: {
          ...invoice(id).attributes,
          // One answer to a check, and another to the decision.
          get amount() {
            reads += 1
            return reads === 1 ? 30_000_000 : 100_000
          },
        },
      }))
    })
    expect(answer.body.result).toBeUndefined()
    expect(unchanged).toBe(true)
    expect(reads).toBe(1)
  })
})

describe('the mapped tables', () => {
  test(proves('facts:resource:incomplete'), async () => {
    const house = await openExpenseHouse()
    try {
      const planner = await house.agent('alice')
      const { id } = await house.invoice()
      const txnToken = await planner.txnToken('approveExpense', { invoiceId: id })
      await house.data.pglite.exec('alter table expenses alter amount drop not null')
      await house.data.pglite.query('update expenses set amount = null where id = $1', [id])
      const before = await house.effects()
      const refused = await planner.call('approveExpense', { invoiceId: id }, { txnToken })
      expect(refused.body.error?.data?.code).toBe('policy.evaluation-failed')
      expect(await house.effects()).toBe(before)
    } finally {
      await house.close()
    }
  })

  test(proves('facts:resource:authority', 'a role'), async () => {
    const house = await openExpenseHouse()
    try {
      const planner = await house.agent('alice')
      const { id } = await house.invoice()
      const answer = await planner.call('getExpense', { id })
      const decided = house
        .recorded(answer.trace)
        .find(({ step, outcome }) => step === 'invocation' && outcome === 'permitted')
      expect(decided?.detail).toMatchObject({ resource: `Expense::${id}`, authority: 'role lockstep_reader' })
    } finally {
      await house.close()
    }
  })

  test(proves('facts:resource:authority', 'no role was named'), async () => {
    const data = await createExpenseData()
    const house = await openExpenseHouse({ configuration: { database: data.pglite } })
    try {
      const planner = await house.agent('alice')
      const { id } = await house.invoice()
      const { trace } = await planner.call('getExpense', { id })
      const decided = house
        .recorded(trace)
        .find(({ step, outcome }) => step === 'invocation' && outcome === 'permitted')
      expect(decided?.detail).toMatchObject({ authority: 'undeclared' })
    } finally {
      await house.close()
      await data.close()
    }
  })
})

describe('a start that cannot be meant', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
    const owner = postgres.pool()
    await owner.query(EXPENSE_DATA)
    await owner.query(`
      create table approval_limits (employee_id text primary key, amount_cents bigint not null);
      create table department_managers (employee_id text not null, department_id integer not null);
      create table co_approvers (employee_id text not null, department_id integer not null);
      create table role_members (employee_id text not null, role text not null);
      create role reader login; grant select on all tables in schema public to reader;
      create role writer login; grant select on all tables in schema public to writer; grant update (status) on expenses to writer;
      create role maker login createrole; grant select on all tables in schema public to maker;
      create role keeper; create role member login; grant select on all tables in schema public to member;
      grant keeper to member; alter table role_members owner to keeper;
      create role blind login; grant select on expenses, departments, employees to blind;
      alter table expenses alter vendor drop not null;
      alter table employees alter department_id set not null;
    `)
  }, 240_000)
  afterAll(() => postgres.stop())

  const reading = (role: string, as = role) => {
    const pool = postgres.pool(role)
    const query: QueryFunction = (text, parameters) => pool.query<Record<string, unknown>>(text, parameters)
    return { database: { as, query } }
  }
  /** Starts an instance with the example's policies and mappings, and ends it again. */
  async function start(configuration: Partial<LockstepConfiguration>): Promise<unknown> {
    const lockstep = await createLockstep({
      ...expenseConfiguration({
        resource: 'https://expense.test/mcp',
        issuer: 'https://issuer.test',
        jwksUri: 'https://issuer.test/jwks',
        state: 'memory',
        ...reading('reader'),
      }),
      ...configuration,
    })
    await lockstep.close()
    return 'started'
  }

  test(proves('facts:resource:role', 'one that only reads'), async () => {
    expect(await start(reading('reader'))).toBe('started')
  })

  test.each([
    ['another', 'reader', 'auditor', /`database\.as` is `auditor`.*runs as `reader`/],
    ['a superuser', 'postgres', 'postgres', /`postgres`.*more than read: it is a superuser/],
    ['one that writes', 'writer', 'writer', /more than read: it may write `public\.expenses`/],
    ['one that makes roles', 'maker', 'maker', /it may make roles/],
    ['one that may become the owner', 'member', 'member', /it owns `public\.role_members`/],
    ['one that may not read', 'blind', 'blind', /the views of the relations cannot be read/],
  ])(`${proves('facts:resource:role')}: %s`, async (_name, role, as, says) => {
    await expect(start(reading(role, as))).rejects.toThrow(says)
  })

  const { 'public.expenses': expenses, ...others } = tables
  const { amount: _amount, ...columns } = expenses.columns
  test.each([
    ['no table', { tables: others }, /`tools\.getExpense\.resource`: nothing loads `Expense`/],
    [
      'an attribute left out',
      { tables: { ...others, 'public.expenses': { ...expenses, columns } } },
      /no column of `public\.expenses` is `Expense\.amount`/,
    ],
    [
      'an attribute of another type',
      {
        tables: {
          ...others,
          'public.expenses': {
            ...expenses,
            columns: { ...expenses.columns, amount: { type: 'bigint' }, vendor: { type: 'text', attribute: 'amount' } },
          },
        },
      },
      /`public\.expenses\.vendor`/,
    ],
    [
      'an attribute that the schema does not declare',
      {
        tables: {
          ...others,
          'public.expenses': {
            ...expenses,
            columns: { ...expenses.columns, currency: { type: 'text', attribute: 'hat' } },
          },
        },
      },
      /`Expense\.hat`|`public\.expenses\.currency`/,
    ],
    [
      'a function without an authority',
      { resources: { types: ['Expense'], load: answers(invoice) } },
      /`resources`: expected `authority`/,
    ],
    [
      'a function without types',
      { resources: { authority: AUTHORITY, types: [], load: answers(invoice) } },
      /`resources`: expected `authority`/,
    ],
    [
      'a function of another type',
      { tables: others, resources: { authority: AUTHORITY, types: ['Robot'], load: answers(invoice) } },
      /nothing loads `Expense`/,
    ],
  ])(`${proves('facts:resource:loadable')}: %s`, async (_name, configuration, says) => {
    await expect(start(configuration as Partial<LockstepConfiguration>)).rejects.toThrow(says)
  })
})
