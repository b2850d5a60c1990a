import { readFileSync } from 'node:fs'
import { isLockstepError } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { OTHER_SECRETS } from '../fixtures/tenants/other-secrets.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { NIGHTLY } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { generateSelect } from './generate-select.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'

/** Statements to draw. */
const STATEMENTS = NIGHTLY ? 20_000 : 1500

const call = authorizedCall('user:ann')
let postgres: TestPostgres
let raw: pg.Pool
let oracle: pg.Pool
let otherwise: pg.Pool
let rewriter: ReturnType<typeof createRewriter>

beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables: tenantTables, askRead: askReadTenant, searchPath: ['app'] })
  postgres = await startPostgres()
  const fixture = readFileSync(new URL('../fixtures/cases/sql-fixture.sql', import.meta.url), 'utf8')
  await postgres.pool().query(`${fixture}; ${MORE_ROWS}`)
  await postgres.pool().query('create database otherwise')
  await postgres.pool('postgres', 'otherwise').query(`${fixture}; ${MORE_ROWS}; ${OTHER_SECRETS}`)
  raw = postgres.pool('agent_raw')
  oracle = postgres.pool('agent_rls')
  otherwise = postgres.pool('agent_raw', 'otherwise')
})

afterAll(() => postgres?.stop())

/** Enough rows on both sides that joins, groups and limits have something to do. */
const MORE_ROWS = `
  insert into app.customers select 100 + g, 1 + g % 2, 'name ' || g % 5, 'mail ' || g, 'CANARY' from generate_series(1, 6) g;
  insert into app.orders (id, tenant_id, customer_id, amount, note, ssn, qty)
    select 100 + g, 1 + g % 2, 100 + 1 + g % 6, g * 7.5, case when g % 7 = 0 then null else 'note ' || g % 4 end, 'CANARY', g % 3
    from generate_series(1, 10) g;
  insert into app.ev select 100 + g, 1 + g % 2, 'note ' || g % 4 from generate_series(1, 6) g;
  analyze;
`

async function rowsOf(pool: pg.Pool, text: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await pool.query({ text, values, rowMode: 'array' })
  return rows.map((row) => JSON.stringify(row)).sort()
}

test(proves('execution:oracle:rows', 'generated statements'), async () => {
  let failing = 0
  const drawn = new Map<string, number>()
  const accepted = new Map<string, number>()
  const count = (counts: Map<string, number>, features: Iterable<string>) => {
    for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1)
  }
  const property = fc.asyncProperty(fc.gen(), async (g) => {
    const { sent, expanded, features } = generateSelect(g)
    const all = ['statements', ...features]
    const expected = await rowsOf(oracle, expanded).catch(() => undefined)
    // an integer out of range, for example: the two need not agree on the row that raises it
    if (!expected) {
      failing += 1
      return
    }
    count(drawn, all)
    let statement: ReturnType<typeof rewriter.rewrite>
    try {
      statement = rewriter.rewrite(call, sent, [])
    } catch (error) {
      if (!isLockstepError(error)) throw error
      return
    }
    expect(await rowsOf(raw, statement.text, [...statement.parameters]), sent).toEqual(expected)
    count(accepted, all)
  })
  // a failing statement is printed whole; making it smaller takes minutes
  await fc.assert(property, { numRuns: STATEMENTS, endOnFailure: true })
  const shares = [...drawn].map(([feature, n]) => `${feature} ${accepted.get(feature) ?? 0}/${n}`)
  console.info(`accepted: ${shares.join(', ')}; ${failing} raised an error`)
  expect(failing).toBeLessThan(STATEMENTS / 10)
  expect((accepted.get('statements') ?? 0) / (drawn.get('statements') ?? 1)).toBeGreaterThanOrEqual(0.97)
}, 3_600_000)

test(proves('execution:oracle:noninterference', 'generated statements'), async () => {
  let changed = 0
  const property = fc.asyncProperty(fc.gen(), async (g) => {
    const { sent } = generateSelect(g)
    const { text, parameters } = rewriter.rewrite(call, sent, [])
    const seen = await rowsOf(raw, text, [...parameters]).catch(String)
    expect(await rowsOf(otherwise, text, [...parameters]).catch(String), sent).toEqual(seen)
    // the test can tell: unguarded, the two databases answer differently
    const unguarded = await Promise.all([raw, otherwise].map((pool) => rowsOf(pool, sent).catch(String)))
    if (JSON.stringify(unguarded[0]) !== JSON.stringify(unguarded[1])) changed += 1
  })
  await fc.assert(property, { numRuns: STATEMENTS / 2, endOnFailure: true })
  expect(changed).toBeGreaterThan(STATEMENTS / 20)
}, 3_600_000)
