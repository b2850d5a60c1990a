import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { loadPolicies } from '@lockstep/policy'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createExpenseData, type ExpenseData } from '../../examples/expense-approval/data/create-expense-data.ts'
import { createEmployees } from '../../examples/expense-approval/data/employees.ts'
import { createExpenses } from '../../examples/expense-approval/data/expenses.ts'
import { randomIban } from '../../examples/expense-approval/data/iban.ts'
import { createSeededRandom } from '../../examples/expense-approval/data/seeded-random.ts'
import relations from '../../examples/expense-approval/policies/relations.ts'
import { POLICIES } from '../../examples/expense-approval/server/expense-configuration.ts'
import type { Caller, EntityRef } from '../../packages/core/src/index.ts'
import { openRelationshipSource } from '../../packages/layers/4-execution/src/index.ts'
import { proves } from '../requirements/index.ts'

let data: ExpenseData
beforeAll(async () => {
  data = await createExpenseData()
})
afterAll(() => data.close())

async function rowsOf<T>(text: string, use: ExpenseData = data): Promise<readonly T[]> {
  return (await use.pglite.query<T>(text)).rows
}

function callerOf(subject: string): Caller {
  return {
    subject: { issuer: 'http://127.0.0.1:9', id: subject },
    actor: { id: 'spiffe://expense.example/agents/planner-42', basis: 'asserted', chain: [] },
    proof: { kind: 'dpop', thumbprint: 'x' },
    assurance: { satisfied: [] },
    scopes: [],
    token: { id: 'x', issuedAt: 0, expiresAt: 1 },
    trace: '0'.repeat(32),
  }
}

type Query = (text: string, parameters: unknown[]) => Promise<readonly Record<string, unknown>[]>
const ask: Query = async (text, parameters) => (await data.pglite.query<Record<string, unknown>>(text, parameters)).rows

function openRelationships(query: Query = ask) {
  const { entities: declared } = loadPolicies(POLICIES)
  return openRelationshipSource({ relations, declared, issuers: ['http://127.0.0.1:9'], query, most: 100 })
}

/** ISO 7064 mod 97-10, digit by digit: not the arithmetic that made the number. */
function remainder(iban: string): number {
  const rearranged = `${iban.slice(4)}${iban.slice(0, 4)}`
  return [...rearranged].reduce((rest, character) => {
    const value = Number.parseInt(character, 36)
    return (rest * (value > 9 ? 100 : 10) + value) % 97
  }, 0)
}

describe('data', () => {
  test(proves('story:data:same'), async () => {
    const make = () => {
      const random = createSeededRandom(8831)
      const employees = createEmployees(random)
      return { employees, expenses: createExpenses(random, employees) }
    }
    const made = make()
    expect(make()).toEqual(made)
    const stored = await rowsOf<{ id: string }>('select * from public.expenses')
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    expect([...stored].sort(byId)).toEqual([...made.expenses].sort(byId))
    expect(stored).toHaveLength(4_999)
    expect(await rowsOf('select id from public.departments order by id')).toEqual(
      [7, 11, 23, 42, 57, 63].map((id) => ({ id })),
    )
    expect(new Set(made.employees.map(({ id }) => id)).size).toBe(made.employees.length)
  })

  test(proves('story:data:fixtures'), async () => {
    const named = await rowsOf(
      "select id, dept_id, employee_id, amount, status from public.expenses where id in ('INV-8831', 'INV-9001') order by id",
    )
    expect(named).toEqual([
      { id: 'INV-8831', dept_id: 42, employee_id: 'user:dave', amount: 480_000, status: 'submitted' },
      { id: 'INV-9001', dept_id: 42, employee_id: 'user:dave', amount: 620_000, status: 'submitted' },
    ])
    const confidential = await rowsOf<{ dept_id: number }>(
      'select dept_id from public.expenses where confidential and investigation_note is not null and dept_id in (7, 42)',
    )
    for (const dept of [7, 42]) expect(confidential.filter(({ dept_id }) => dept_id === dept).length).toBeGreaterThan(1)
    expect(
      await rowsOf('select 1 from public.expenses where confidential <> (investigation_note is not null)'),
    ).toEqual([])
  })

  test(proves('story:data:plausible'), async () => {
    for (const { iban } of await rowsOf<{ iban: string }>('select iban from public.expenses')) {
      expect(iban).toMatch(/^[A-Z]{2}\d{14,22}$/)
      expect(remainder(iban)).toBe(1)
    }
    const strangers = await rowsOf(
      `select e.id from public.expenses e join public.employees p on p.id = e.employee_id
       where p.department_id <> e.dept_id or e.amount <= 0
          or e.submitted_on not between '2026-01-01' and '2026-12-31'`,
    )
    expect(strangers).toEqual([])
    const spread = await rowsOf<{ dept_id: number; status: string; n: number }>(
      'select dept_id, status, count(*) as n from public.expenses group by dept_id, status',
    )
    expect(spread).toHaveLength(24)
    for (const { n } of spread) expect(n).toBeGreaterThan(10)
  })

  test(proves('story:data:plausible', 'any seed'), () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const iban = randomIban(createSeededRandom(seed))
        expect(remainder(iban)).toBe(1)
        const check = Number(iban.slice(2, 4))
        expect(check).toBeGreaterThanOrEqual(2)
        expect(check).toBeLessThanOrEqual(98)
      }),
    )
  })

  test(proves('story:data:types'), async () => {
    const [row] = await rowsOf(
      `select count(*) as n, 9007199254740991::bigint as most, 9007199254740992::bigint as more,
              -9007199254740993::bigint as less, date '2026-03-01' as day, null::bigint as none from public.expenses`,
    )
    expect(row).toEqual({
      n: 4_999,
      most: 9_007_199_254_740_991,
      more: '9007199254740992',
      less: '-9007199254740993',
      day: '2026-03-01',
      none: null,
    })
    await expect(rowsOf("update public.expenses set amount = 9007199254740992 where id = 'INV-8831'")).rejects.toThrow()
  })

  test(proves('story:data:folder'), async () => {
    const folder = await mkdtemp(join(tmpdir(), 'expense-data-'))
    try {
      const first = await createExpenseData({ dataDir: folder })
      await rowsOf("update public.expenses set status = 'approved' where id = 'INV-8831'", first)
      await first.close()
      const second = await createExpenseData({ dataDir: folder })
      const kept = await rowsOf(
        "select status, (select count(*) from public.expenses) as n from public.expenses where id = 'INV-8831'",
        second,
      )
      await second.close()
      expect(kept).toEqual([{ status: 'approved', n: 4_999 }])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test(proves('story:data:folder', 'wrong options'), async () => {
    await expect(createExpenseData({ dataDir: '' })).rejects.toThrow(TypeError)
    const misspelt: object = { datadir: '/nowhere' }
    await expect(createExpenseData(misspelt)).rejects.toThrow(new TypeError('unknown option `datadir`'))
  })
})

describe('relationships', () => {
  const departments = (...ids: string[]) => ({
    set: ids.map((id) => ({ entity: { type: 'Department', id } satisfies EntityRef })),
  })
  const finance = [{ type: 'Role', id: 'finance' }]

  test.each([
    ['user:alice', '42', departments('42'), departments(), 500_000, finance],
    ['user:bob', '42', departments(), departments('42'), 500_000, finance],
    ['user:carol', '7', departments(), departments(), 0, finance],
    ['user:dave', '42', departments(), departments(), 0, []],
  ] as const)(
    `${proves('story:relationships:facts')}: %s`,
    async (subject, department, manages, coApproverFor, approvalLimit, parents) => {
      const { entities } = await (await openRelationships()).load(callerOf(subject))
      const home = { type: 'Department', id: department }
      expect(entities).toEqual([
        {
          type: 'User',
          id: subject,
          attributes: { manages, coApproverFor, approvalLimit, department: { entity: home } },
          parents,
        },
        { type: 'Agent', id: 'spiffe://expense.example/agents/planner-42', attributes: {}, parents: [] },
      ])
    },
  )

  test.each(['user:mallory', "user:alice' or '1' = '1", '', 'alice', 'user:alice\u0000', 'user:alice\ud800'])(
    `${proves('story:relationships:unknown')}: %s`,
    async (subject) => {
      const { entities } = await (await openRelationships()).load(callerOf(subject))
      expect(entities[0]).toEqual({
        type: 'User',
        id: subject,
        attributes: { manages: departments(), coApproverFor: departments(), approvalLimit: 0 },
        parents: [],
      })
      expect(entities).toHaveLength(2)
    },
  )

  test(proves('story:relationships:current'), async () => {
    const relationships = await openRelationships()
    const before = await relationships.load(callerOf('user:alice'))
    const bobBefore = await relationships.load(callerOf('user:bob'))
    expect((await relationships.load(callerOf('user:alice'))).revision).toBe(before.revision)

    await rowsOf("delete from public.department_managers where employee_id = 'user:alice'")
    const without = await relationships.load(callerOf('user:alice'))
    expect(without.entities[0]?.attributes).toMatchObject({ manages: departments() })
    expect(without.revision).not.toBe(before.revision)
    expect((await relationships.load(callerOf('user:bob'))).revision).toBe(bobBefore.revision)

    await rowsOf("insert into public.department_managers values ('user:alice', 42)")
    expect(await relationships.load(callerOf('user:alice'))).toEqual(before)
  })

  test(proves('story:relationships:current', 'a database that fails is no answer'), async () => {
    let table = ''
    const failing = await openRelationships((text, parameters) => ask(`${text}${table}`, parameters))
    table = ' from public.no_such_table'
    const error: unknown = await failing.load(callerOf('user:alice')).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'LockstepError', code: 'policy.facts-unavailable' })
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/user:alice|no_such_table/)
  })
})
