import { AsyncLocalStorage } from 'node:async_hooks'
import { PGlite } from '@electric-sql/pglite'
import type { AuditEvent, AuthorizedCall, Mode } from '@lockstep/core'
import {
  createExecutionGuard,
  createFinalRows,
  createRewriter,
  createSystemWork,
  loadParser,
  type RewriteEvent,
  type SystemWork,
} from '@lockstep/execution'
import { type Driver, guardClient } from '@lockstep/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const carol = authorizedCall('user:carol')
const current = new AsyncLocalStorage<AuthorizedCall | SystemWork>()
const closed = new Set<AuthorizedCall>()
const pglite = new PGlite()
const finalRows = createFinalRows()
let sent: string[]
let events: AuditEvent[]
let rewrites: RewriteEvent[]
let mode: Mode

const driver: Driver = {
  query(text, parameters) {
    sent.push(text)
    return pglite.query(text, parameters)
  },
}

function guard() {
  return createExecutionGuard({
    rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
    currentCall: () => current.getStore(),
    isOpen: (call) => !closed.has(call),
    finalRows,
    audit: { append: async (event) => void events.push(event) },
    mode: () => mode,
    onRewrite: (event) => void rewrites.push(event),
  })
}

beforeAll(async () => {
  await loadParser()
  await pglite.exec(EXPENSE_DATA)
})
beforeEach(() => {
  sent = []
  events = []
  rewrites = []
  mode = 'enforce'
  closed.clear()
})
afterAll(() => pglite.close())

const clientOf = (options = {}) => guardClient({ execution: guard() }, driver, options)
const ids = (rows: readonly { readonly id?: unknown }[]) => rows.map(({ id }) => id)

describe('a statement under a call', () => {
  test(proves('execution:rows:hidden', 'through a guarded client'), async () => {
    const client = clientOf()
    const mine = await current.run(alice, () => client.query('select id from expenses order by id'))
    const hers = await current.run(carol, () => client.query('select id from expenses order by id'))
    expect(ids(mine.rows)).toEqual(['INV-1', 'INV-2', 'INV-3'])
    expect(ids(hers.rows)).toEqual(['INV-4'])
    expect(mine.rowCount).toBe(3)
  })

  test(proves('execution:egress:sql', 'rows are remembered for their call'), async () => {
    await current.run(alice, () => clientOf().query('select id from expenses order by id'))
    expect(finalRows.has(alice, { id: 'INV-1' })).toBe(true)
    expect(finalRows.has(alice, { id: 'INV-4' })).toBe(false)
    expect(finalRows.has(carol, { id: 'INV-1' })).toBe(false)
  })

  test('is recorded by digest and names, without its text or values', async () => {
    await current.run(alice, () => clientOf().query("select id from expenses where vendor = 'CANARY text'"))
    await expect(current.run(alice, () => clientOf().query('select CANARY from expenses'))).rejects.toThrow()
    expect(events.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['permitted', undefined],
      ['denied', 'execution.column-unknown'],
    ])
    expect(JSON.stringify(events)).not.toContain('CANARY')
    expect(JSON.stringify(events)).toContain('public.expenses')
    expect(rewrites.map(({ code }) => code)).toEqual([undefined, 'execution.column-unknown'])
  })

  test('is not sent when it cannot be recorded', async () => {
    const execution = createExecutionGuard({
      rewriter: createRewriter({ tables: expenseTables, askRead: askReadExpenses }),
      currentCall: () => alice,
      isOpen: () => true,
      finalRows,
      audit: { append: () => Promise.reject(new Error('full')) },
    })
    await expect(guardClient({ execution }, driver).query('select 1')).rejects.toThrow('full')
    expect(sent).toEqual([])
  })
})

describe('outside a call', () => {
  test(proves('execution:client:no-call'), async () => {
    await expect(clientOf().query('select 1')).rejects.toMatchObject({ code: 'execution.no-call' })
    closed.add(alice)
    await expect(current.run(alice, () => clientOf().query('select 1'))).rejects.toMatchObject({
      code: 'execution.no-call',
    })
    expect(sent).toEqual([])
  })

  test(proves('execution:client:no-call', 'closed while the statement waited'), async () => {
    let open = (): void => undefined
    const connection = new Promise<void>((resolve) => {
      open = resolve
    })
    const source = {
      acquire: () => connection.then(() => ({ ...driver, release: () => undefined })),
      end: async () => undefined,
    }
    const { GuardedClient } = await import('@lockstep/pg')
    const client = new GuardedClient({ execution: guard() }, source)
    const answer = current.run(alice, () => client.query('select id from expenses'))
    closed.add(alice)
    open()
    await expect(answer).rejects.toMatchObject({ code: 'execution.no-call' })
    expect(sent).toEqual([])
  })

  test(proves('execution:client:no-call', 'closed while the statement ran'), async () => {
    const passing = authorizedCall('user:alice')
    const slow: Driver = {
      async query(text, parameters) {
        const result = await pglite.query(text, parameters)
        closed.add(passing)
        return result
      },
    }
    const client = guardClient({ execution: guard() }, slow)
    const answer = current.run(passing, () => client.query('select id from expenses'))
    await expect(answer).rejects.toMatchObject({ code: 'execution.no-call' })
    expect(finalRows.has(passing, { id: 'INV-1' })).toBe(false)
  })

  test(proves('execution:client:no-call', 'after end'), async () => {
    const client = clientOf()
    await client.end()
    await expect(current.run(alice, () => client.query('select 1'))).rejects.toMatchObject({
      code: 'execution.no-call',
    })
    expect(sent).toEqual([])
  })
})

describe('the call of a statement', () => {
  test(proves('execution:client:captured', 'concurrent calls'), async () => {
    const client = clientOf()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        current.run(n % 2 ? alice : carol, () => client.query('select id from expenses order by id')),
      ),
    )
    answers.forEach(({ rows }, n) => {
      expect(ids(rows)).toEqual(n % 2 ? ['INV-1', 'INV-2', 'INV-3'] : ['INV-4'])
    })
  })

  test(proves('execution:client:captured', 'a driver that loses its context'), async () => {
    const waiting: (() => void)[] = []
    const lost: Driver = {
      query: (text, parameters) =>
        new Promise((resolve, reject) => {
          waiting.push(() => void pglite.query(text, parameters).then(resolve, reject))
        }),
    }
    const client = guardClient({ execution: guard() }, lost)
    const answer = current.run(alice, () => client.query('select id from expenses order by id'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    current.run(carol, () => {
      for (const wake of waiting) wake()
    })
    expect(ids((await answer).rows)).toEqual(['INV-1', 'INV-2', 'INV-3'])
  })
})

describe('database errors', () => {
  test(proves('execution:client:error'), async () => {
    const full: unknown[] = []
    const client = clientOf({ onDatabaseError: (error: unknown) => full.push(error) })
    const answer = current.run(alice, () => client.query('select vendor::int from expenses'))
    const error = await answer.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'execution.database-failed' })
    expect(String(error)).toContain('SQLSTATE class 22')
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('Acme')
    expect(error instanceof Error && error.cause).toBe(undefined)
    expect(String(full[0])).toContain('Acme')
  })

  test(proves('execution:client:error', 'a sink that throws'), async () => {
    const client = clientOf({
      onDatabaseError: () => {
        throw new Error('sink')
      },
    })
    await expect(current.run(alice, () => client.query('select 1 / 0'))).rejects.toMatchObject({
      code: 'execution.database-failed',
    })
  })
})

describe('observing', () => {
  test(proves('execution:client:observe'), async () => {
    mode = 'observe'
    const { rows } = await current.run(alice, () => clientOf().query('select id from expenses order by id'))
    expect(rows.length).toBe(5)
    expect(sent).toEqual(['select id from expenses order by id'])
    expect(events).toMatchObject([{ outcome: 'observed', policies: ['reads-Expense'] }])
    expect(rewrites[0]?.rewritten).toContain('FROM ( SELECT')
    expect(finalRows.has(alice, { id: 'INV-5' })).toBe(false)
  })

  test(proves('execution:client:observe', 'what would be refused'), async () => {
    mode = 'observe'
    await current.run(alice, () => clientOf().query('select investigation_note from expenses'))
    expect(events).toMatchObject([{ outcome: 'observed', code: 'execution.column-unknown' }])
  })
})

describe('system work', () => {
  const asSystem = createSystemWork({
    audit: { append: async (event) => void events.push(event) },
    run: (work, fn) => current.run(work, fn),
  })

  test(proves('execution:client:system'), async () => {
    const rows = await asSystem(
      'nightly migration',
      async () => (await clientOf().query('select id from expenses')).rows,
    )
    expect(rows.length).toBe(5)
    expect(events.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'system permitted',
      'execution permitted',
      'system completed',
    ])
    expect(events[0]?.detail).toEqual({ reason: 'nightly migration' })
    expect(events.every(({ subject }) => subject === undefined)).toBe(true)
  })

  test(proves('execution:client:system', "in the course of a call, under the call's trace"), async () => {
    const within = createSystemWork({
      audit: { append: async (event) => void events.push(event) },
      currentCall: () => alice,
      run: (work, fn) => current.run(work, fn),
    })
    await within('keeps a total', () => clientOf().query('select 1'))
    const { trace, subject, actor } = alice.caller
    expect(events).toHaveLength(3)
    for (const event of events) {
      expect(event).toMatchObject({ trace, subject: subject.id, actor: actor.id, tool: alice.tool })
    }
  })

  test(proves('execution:client:system', 'over when its function is done'), async () => {
    let late: (() => Promise<unknown>) | undefined
    await asSystem('leaves work behind', async () => {
      const inside = AsyncLocalStorage.snapshot()
      late = () => inside(() => clientOf().query('select 1'))
    })
    await expect(late?.()).rejects.toMatchObject({ code: 'execution.no-call' })
    expect(sent).toEqual([])
  })

  test(proves('execution:client:system', 'forged by data'), async () => {
    const forged = { system: 'nightly migration', trace: '0' }
    await expect(current.run(forged, () => clientOf().query('select 1'))).rejects.toMatchObject({
      code: 'execution.no-call',
    })
    expect(sent).toEqual([])
  })

  test('a failure is recorded, and a reason is needed', async () => {
    await expect(asSystem('fails', () => Promise.reject(new Error('x')))).rejects.toThrow('x')
    expect(events.map(({ outcome }) => outcome)).toEqual(['permitted', 'failed'])
    await expect(asSystem('', async () => 1)).rejects.toThrow(TypeError)
    await expect(asSystem('line\nbreak', async () => 1)).rejects.toThrow(TypeError)
  })
})

describe('the raw client', () => {
  test(proves('execution:client:surface', 'is not reachable'), () => {
    const client = clientOf()
    const reachable = (value: unknown, depth: number): unknown[] => {
      if (depth === 0 || (typeof value !== 'object' && typeof value !== 'function') || value === null) return []
      const own = Reflect.ownKeys(value).map((key) => Reflect.get(value, key))
      return [value, ...own.flatMap((member) => reachable(member, depth - 1))]
    }
    expect(reachable(client, 4)).not.toContain(driver)
    expect(Reflect.ownKeys(client)).toEqual([])
  })

  test(proves('execution:client:surface', 'is not lent out'), async () => {
    await expect(current.run(alice, () => clientOf().connect())).rejects.toMatchObject({
      code: 'execution.statement-unsupported',
    })
  })

  test('misuse is a TypeError', () => {
    expect(() => clientOf({ onError: () => undefined })).toThrow(TypeError)
    expect(() => guardClient({} as never, driver)).toThrow(TypeError)
    expect(() => guardClient({ execution: guard() }, {} as never)).toThrow(TypeError)
  })
})
