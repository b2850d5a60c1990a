import { AsyncLocalStorage } from 'node:async_hooks'
import { PGlite } from '@electric-sql/pglite'
import { type AuthorizedCall, LockstepError, type Mode } from '@lockstep/core'
import {
  createExecutionGuard,
  createFinalRows,
  createRewriter,
  createSystemWork,
  loadParser,
  type RaiseLabels,
  type SystemWork,
} from '@lockstep/execution'
import { type ConnectionSource, type Driver, GuardedClient, guardClient } from '@lockstep/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

// INV-3 is labeled and alice's, INV-5 is labeled and nobody's here; carol's department has no labeled row
const alice = authorizedCall('user:alice')
const carol = authorizedCall('user:carol')
const current = new AsyncLocalStorage<AuthorizedCall | SystemWork>()
const pglite = new PGlite()
let log: string[]
let raise: RaiseLabels
let mode: Mode
let finalRows: ReturnType<typeof createFinalRows>

const isProbe = (text: string): boolean => text.startsWith('SELECT EXISTS')
const driver: Driver = {
  async query(text, parameters) {
    log.push(isProbe(text) ? 'probe' : 'statement')
    return pglite.query(text, parameters)
  },
}

function execution() {
  return createExecutionGuard({
    rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
    currentCall: () => current.getStore(),
    isOpen: () => true,
    finalRows,
    mode: () => mode,
    raise: (call, labels) => raise(call, labels),
  })
}

const query = (call: AuthorizedCall, sql: string, parameters: readonly unknown[] = [], over: Driver = driver) =>
  current.run(call, () => guardClient({ execution: execution() }, over).query(sql, parameters))

beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
})
beforeEach(() => {
  log = []
  mode = 'enforce'
  finalRows = createFinalRows()
  raise = async (call, labels) => void log.push(`${call.caller.subject.id} ${labels.join()}`)
})
afterAll(() => pglite.close())

describe('rows that show their label', () => {
  test(proves('execution:labels:rows', 'a labeled row comes back'), async () => {
    const { rows } = await query(alice, 'select * from expenses order by id desc limit 1')
    expect(rows).toMatchObject([{ id: 'INV-3', confidential: true }])
    expect(log).toEqual(['statement', 'user:alice confidential'])
  })

  test(proves('execution:labels:rows', 'only unlabeled rows come back'), async () => {
    await query(alice, 'select * from expenses order by id limit 2')
    await query(alice, 'select * from expenses where id = $1', ['INV-1'])
    await query(
      alice,
      'select e.*, d.name from expenses e join departments d on d.id = e.dept_id where amount < $1',
      [9],
    )
    expect(log).toEqual(['statement', 'statement', 'statement'])
  })

  test(proves('execution:labels:rows', 'a driver that shows truth its own way'), async () => {
    const own = (shown: unknown): Driver => ({
      async query(text, parameters) {
        const { rows } = await pglite.query<Record<string, unknown>>(text, parameters)
        return { rows: rows.map((row) => ({ ...row, confidential: shown })) }
      },
    })
    for (const shown of ['t', 'f', 1, undefined]) {
      log = []
      await query(alice, "select * from expenses where id = 'INV-1'", [], own(shown))
      expect(log).toEqual(['user:alice confidential'])
    }
    log = []
    await query(alice, "select * from expenses where id = 'INV-1'", [], own(null))
    expect(log).toEqual([])
  })
})

describe('rows that do not', () => {
  const statements = {
    'an aggregate': 'select count(*) as n from expenses where amount > $1',
    'an aggregate over unlabeled rows': 'select count(*) as n from expenses where not confidential and amount > $1',
    'a CTE': 'with x as (select * from expenses where amount > $1) select id from x',
    'a column left out': 'select id from expenses where amount > $1',
    'no row at all': 'select id from expenses where amount > $1 and false',
  }
  test.each(Object.entries(statements))(proves('execution:labels:probe', '%s'), async (_name, sql) => {
    await query(alice, sql, [5])
    expect(log).toEqual(['statement', 'probe', 'user:alice confidential'])
  })

  test.each(Object.entries(statements))(proves('execution:labels:hidden', '%s'), async (_name, sql) => {
    await query(carol, sql, [5])
    expect(log).toEqual(['statement', 'probe'])
  })

  test('a statement without labeled tables asks nothing', async () => {
    await query(alice, 'select name from departments')
    expect(log).toEqual(['statement'])
  })
})

describe('what cannot be raised', () => {
  const failing = (error: unknown): RaiseLabels => {
    return () => Promise.reject(error)
  }

  test.each(['select * from expenses', 'select count(*) as n from expenses'])(
    proves('execution:labels:first', 'withholds the rows of %s'),
    async (sql) => {
      raise = failing(new Error('CANARY'))
      const error = await query(alice, sql).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'state.unavailable' })
      expect(`${error} ${JSON.stringify(error)}`).not.toContain('CANARY')
      expect(finalRows.has(alice, { n: 3 })).toBe(false)
      raise = failing(new LockstepError('audit.unavailable'))
      await expect(query(alice, sql)).rejects.toMatchObject({ code: 'audit.unavailable' })
    },
  )

  test(proves('execution:labels:first', 'withholds rows whose labels cannot be found out'), async () => {
    const answers = [[], [{ labeled: false }, { labeled: false }], new Error('CANARY')]
    for (const answer of answers) {
      log = []
      const broken: Driver = {
        async query(text, parameters) {
          if (!isProbe(text)) return pglite.query(text, parameters)
          if (answer instanceof Error) throw answer
          return { rows: answer }
        },
      }
      const error = await query(alice, 'select count(*) as n from expenses', [], broken).catch(
        (caught: unknown) => caught,
      )
      expect(error).toMatchObject({ code: 'execution.database-failed' })
      expect(String(error)).not.toContain('CANARY')
      expect(log).toEqual([])
      expect(finalRows.has(alice, { n: 3 })).toBe(false)
    }
  })

  test(proves('execution:labels:first', 'in order'), async () => {
    let durable = (): void => undefined
    const raising = new Promise<void>((started) => {
      raise = () => {
        started()
        return new Promise((resolve) => {
          durable = resolve
        })
      }
    })
    let given = false
    const answer = query(alice, 'select * from expenses').then(({ rows }) => {
      given = true
      return rows
    })
    await raising
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(given).toBe(false)
    durable()
    expect(await answer).toHaveLength(3)
  })

  test(proves('execution:labels:first', 'the connection is free while labels are raised'), async () => {
    let lent = 0
    const source: ConnectionSource = {
      acquire: async () => {
        lent += 1
        return {
          ...driver,
          release: () => {
            lent -= 1
          },
        }
      },
      end: async () => undefined,
    }
    raise = async () => void log.push(`raised with ${lent}`)
    const client = new GuardedClient({ execution: execution() }, source)
    await current.run(alice, () => client.query('select count(*) as n from expenses'))
    expect(log).toEqual(['statement', 'probe', 'raised with 0'])
    expect(lent).toBe(0)
  })
})

describe('a statement that fails', () => {
  const sql = "select *, 1 / (amount - 99900) as n from expenses where id = 'INV-3'"

  test(proves('execution:labels:error'), async () => {
    await expect(query(alice, sql)).rejects.toMatchObject({ code: 'execution.database-failed' })
    expect(log).toEqual(['statement', 'probe', 'user:alice confidential'])
    log = []
    await expect(query(carol, 'select *, 1 / (amount - 777) as n from expenses')).rejects.toThrow()
    expect(log).toEqual(['statement', 'probe'])
  })

  test(proves('execution:labels:error', 'and whose labels cannot be raised'), async () => {
    raise = () => Promise.reject(new Error('down'))
    await expect(query(alice, sql)).rejects.toMatchObject({ code: 'state.unavailable' })
  })

  test(proves('execution:labels:error', 'that was never sent raises nothing'), async () => {
    const source = { acquire: () => Promise.reject(new Error('full')), end: async () => undefined }
    const client = new GuardedClient({ execution: execution() }, source)
    await expect(current.run(alice, () => client.query('select * from expenses'))).rejects.toMatchObject({
      code: 'execution.database-failed',
    })
    await expect(query(alice, 'select investigation_note from expenses')).rejects.toThrow()
    expect(log).toEqual([])
  })
})

describe('whose labels', () => {
  test(proves('execution:labels:whose', 'concurrent calls'), async () => {
    await Promise.all([alice, carol, alice].map((call) => query(call, 'select count(*) as n from expenses')))
    expect(log.filter((line) => line.startsWith('user:'))).toEqual([
      'user:alice confidential',
      'user:alice confidential',
    ])
  })

  test(proves('execution:labels:whose', 'an observed call'), async () => {
    mode = 'observe'
    const { rows } = await query(carol, 'select * from expenses')
    expect(rows).toHaveLength(5)
    await query(alice, 'select count(*) as n from expenses')
    await query(alice, 'select investigation_note from expenses')
    expect(log).toEqual([
      ...['statement', 'user:carol confidential'],
      ...['statement', 'probe', 'user:alice confidential'],
      'statement',
    ])
  })

  test(proves('execution:labels:whose', 'system work'), async () => {
    const asSystem = createSystemWork({
      audit: { append: async () => undefined },
      run: (work, fn) => current.run(work, fn),
    })
    const client = guardClient({ execution: execution() }, driver)
    await asSystem('nightly report', () => client.query('select * from expenses'))
    expect(log).toEqual(['statement'])
  })

  test('without `raise` nothing is asked', async () => {
    const guard = createExecutionGuard({
      rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
      currentCall: () => alice,
      isOpen: () => true,
      finalRows,
    })
    await guardClient({ execution: guard }, driver).query('select count(*) as n from expenses')
    expect(log).toEqual(['statement'])
  })
})
