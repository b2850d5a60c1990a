import { AsyncLocalStorage } from 'node:async_hooks'
import { type AuthorizedCall, CODES, isLockstepError } from '@lockstep/core'
import { createExecutionGuard, createFinalRows, createRewriter, loadParser } from '@lockstep/execution'
import { type GuardedClient, guardPool } from '@lockstep/pg'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { runs, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { HOSTILE_TEXTS, NESTINGS } from './hostile-texts.ts'
import { SQL_FIXTURE } from './sql-cases.ts'

/** Milliseconds that any one text may take, on a busy machine. */
const PATIENCE = 10_000

const current = new AsyncLocalStorage<AuthorizedCall>()
const ann = authorizedCall('user:ann')
let postgres: TestPostgres
let client: GuardedClient

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  await postgres.pool().query(SQL_FIXTURE)
  const rewriter = createRewriter({ tables: tenantTables, askRead: askReadTenant, searchPath: ['app'] })
  const execution = createExecutionGuard({
    rewriter,
    currentCall: () => current.getStore(),
    isOpen: () => true,
    finalRows: createFinalRows(),
  })
  const connectionString = postgres.connectionString.replace('postgres@', 'agent_raw@')
  client = guardPool({ execution }, { connectionString, max: 2, statement_timeout: 2000 })
})

afterAll(async () => {
  await client?.end()
  await postgres?.stop()
})

/** Sends a text as ann. Resolves to the code of the refusal, or to `answered`; rejects for every other outcome. */
async function outcomeOf(text: string, parameters: readonly unknown[] = []): Promise<string> {
  const began = performance.now()
  try {
    const { rows } = await current.run(ann, () => client.query(text, parameters))
    expect(JSON.stringify(rows)).not.toContain('CANARY')
    return 'answered'
  } catch (error) {
    if (!isLockstepError(error)) throw error
    expect(Object.keys(CODES)).toContain(error.code)
    expect(error.layer).toBe('execution')
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('CANARY')
    return error.code
  } finally {
    expect(performance.now() - began).toBeLessThan(PATIENCE)
  }
}

/** A good statement is answered, at once or after the parser is there again. */
async function expectSound(): Promise<void> {
  const answer = async () => await outcomeOf('select id from orders where id = $1', [1])
  let outcome = await answer()
  for (let tries = 0; outcome === 'execution.parser-unavailable' && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    outcome = await answer()
  }
  expect(outcome).toBe('answered')
}

test(
  proves('attacks:sql:fuzzed', 'hostile texts'),
  async () => {
    const counts = new Map<string, number>()
    let tried = 0
    const property = fc.asyncProperty(HOSTILE_TEXTS, async (text) => {
      const outcome = await outcomeOf(text)
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      if (tried++ % 10 === 0) await expectSound()
    })
    await fc.assert(property, { numRuns: runs(6000) })
    console.info(`${tried} hostile texts: ${JSON.stringify(Object.fromEntries(counts))}`)
    expect(counts.size).toBeGreaterThan(4)
  },
  within(240_000),
)

describe('depth', () => {
  test.each(Object.entries(NESTINGS))(
    proves('attacks:sql:fuzzed', 'deep: %s'),
    async (_name, nest) => {
      const outcomes: string[] = []
      for (const depth of [1, 30, 100, 250, 500, 1000, 2500, 8000, 100_000]) {
        outcomes.push(await outcomeOf(nest(depth)))
        await expectSound()
      }
      // not even a megabyte is answered, or makes anything fail beyond itself
      expect(outcomes.at(-1)).toBe('execution.statement-invalid')
    },
    60_000,
  )
})

describe('size', () => {
  const filled: Record<string, (length: number) => string> = {
    'white space': (length) => `select ${' '.repeat(length)} 1`,
    'a literal': (length) => `select '${'x'.repeat(length)}'`,
    'a literal that does not end': (length) => `select '${'x'.repeat(length)}`,
    'a dollar quote that does not end': (length) => `select $$${'$x'.repeat(length / 2)}`,
    'multi-byte text': (length) => `select '${'\u{1f600}'.repeat(length / 4)}'`,
    'a name': (length) => `select "${'n'.repeat(length)}" from orders`,
    digits: (length) => `select ${'9'.repeat(length)}`,
    semicolons: (length) => `select 1${';'.repeat(length)}`,
    comments: (length) => `select 1 ${'/**/'.repeat(length / 4)}`,
    statements: (length) => 'select 1;'.repeat(length / 9),
    'comparisons that grow': (length) => `select 1 where ${'1=1 and '.repeat(length / 8)} true`,
    quotes: (length) => `select ${"''".repeat(length / 2)}`,
    parameters: (length) => `select ${Array.from({ length: length / 7 }, (_, n) => `$${n + 1}`).join()}`,
    'a pattern': (length) => `select note ~ '${'(a|a)*'.repeat(length / 6)}b' from orders`,
  }
  test.each(Object.entries(filled))(
    proves('attacks:sql:fuzzed', 'long: %s'),
    async (_name, fill) => {
      for (const length of [1000, 8000, 16_000, 16_384, 17_000, 65_536, 1_048_576]) {
        const text = fill(length)
        const outcome = await outcomeOf(text)
        if (Buffer.byteLength(text) > 16_384) expect(outcome).toBe('execution.statement-invalid')
        await expectSound()
      }
    },
    60_000,
  )
})

describe('parameters', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const throwing = {
    toPostgres: () => {
      throw new Error('CANARY of the caller')
    },
  }
  const values: Record<string, unknown> = {
    symbol: Symbol('x'),
    function: () => 1,
    class: class {},
    cyclic,
    'a cyclic list': [cyclic],
    bigint: 2n ** 70n,
    'a small bigint': 1n,
    buffer: Buffer.from([0, 1, 255]),
    date: new Date(0),
    'an invalid date': new Date(Number.NaN),
    NaN: Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    'a fraction': 1.5,
    undefined,
    null: null,
    boolean: true,
    'a huge text': 'x'.repeat(4_000_000),
    'NUL in a text': 'a\u0000b',
    'half a surrogate pair': '\ud800',
    'a deep list': JSON.parse(`${'['.repeat(3000)}1${']'.repeat(3000)}`),
    'a sparse list': Array(3),
    map: new Map([[1, 2]]),
    promise: Promise.resolve(1),
    regexp: /x/,
    'an object that prints itself as SQL': {
      toString: () => '1; drop table app.orders',
      toJSON: () => "1' or true --",
    },
    'an object that serializes itself for pg': { toPostgres: () => "1' or true --" },
    'an object that fails to': throwing,
    'a proxy that throws': new Proxy({}, { get: () => Promise.reject.call(undefined) }),
    'no prototype': Object.create(null),
    'typed numbers': new Float64Array([1, 2]),
    'a SQL text': "1' or true --",
  }
  const statements = [
    'select id, note from orders where id = $1',
    'select id, note from orders where note = $1',
    'select id from orders where id = any ($1::int[])',
    'select $1::jsonb as given',
    'select $1::text as given',
    'select id from orders where amount > $1::numeric order by id',
  ]
  test.each(Object.entries(values))(proves('attacks:sql:fuzzed', 'a parameter: %s'), async (_name, value) => {
    for (const sql of statements) {
      await outcomeOf(sql, [value])
      await expectSound()
    }
  })

  test(proves('attacks:sql:fuzzed', 'parameters that are not the ones of the statement'), async () => {
    const wrong: readonly (readonly [string, readonly unknown[]])[] = [
      ['select id from orders where id = $1', []],
      ['select id from orders where id = $1', [1, 2]],
      ['select id from orders', [1]],
      ['select id from orders where id = $2', [1]],
      ['select id from orders where id = $2', [1, 2]],
      ['select id from orders where id = $0', [1]],
      ['select id from orders where id = $99999', [1]],
      ['select id from orders where id = $2147483648', [1]],
      ['select id from orders where tenant_id = $1 or id = $3', [1, 2, 3]],
      ['select id from orders where id = $1', Array(70_000).fill(1)],
    ]
    for (const [sql, parameters] of wrong) {
      expect(await outcomeOf(sql, parameters), sql).toBe('execution.statement-invalid')
      await expectSound()
    }
  })

  test(proves('attacks:sql:fuzzed', 'what is not a text, or no list'), async () => {
    for (const text of [
      undefined,
      null,
      1,
      {},
      [],
      ['select 1'],
      Symbol('x'),
      { text: 1 },
      { text: 'select 1', anything: 'else' },
      Object('select 1'),
    ]) {
      expect(await outcomeOf(text as never)).toMatch(/^execution\.statement-(invalid|unsupported)$/)
    }
    for (const parameters of [null, 1, 'x', {}, { length: 1, 0: 1 }, new Map(), () => 1]) {
      const outcome = await outcomeOf('select id from orders', parameters as never).catch((error) => error)
      if (typeof outcome !== 'string') expect(outcome).toBeInstanceOf(TypeError)
      await expectSound()
    }
  })
})
