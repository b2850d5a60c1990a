import { readFileSync } from 'node:fs'
import { isLockstepError } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { OTHER_SECRETS } from '../fixtures/tenants/other-secrets.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { proves } from '../requirements/index.ts'

interface Case {
  readonly id: string
  readonly sql: string
  readonly leakIfMatches?: string
  readonly leakIfRowCountAbove?: number
}

/** Statements that deserve a scoped answer, by the fixture's README, rather than a refusal. */
const ANSWERED = [
  'A22',
  'A23',
  'A28',
  'B46',
  'C1',
  'C2',
  'C4',
  'C10',
  'C11',
  'C16',
  'C17',
  'D1',
  'D2',
  'D7',
  'D32',
  'D35',
  'I11',
  'I16',
]

/** Flagged only because ann has rows of her own: one exists, two are more than one. Noninterference decides. */
const OWN_ROWS = ['B47', 'H11']

const folder = new URL('../fixtures/cases/', import.meta.url)
const cases: Case[] = readFileSync(new URL('sql-attacks.jsonl', folder), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

const call = authorizedCall('user:ann')
let postgres: TestPostgres
let raw: pg.Pool
let otherwise: pg.Pool
let rewriter: ReturnType<typeof createRewriter>
const answered: string[] = []

beforeAll(async () => {
  await loadParser()
  rewriter = createRewriter({ tables: tenantTables, askRead: askReadTenant, searchPath: ['app'] })
  postgres = await startPostgres()
  const fixture = readFileSync(new URL('sql-fixture.sql', folder), 'utf8')
  await postgres.pool().query(fixture)
  await postgres.pool().query('create database otherwise')
  await postgres.pool('postgres', 'otherwise').query(fixture)
  await postgres.pool('postgres', 'otherwise').query(OTHER_SECRETS)
  raw = postgres.pool('agent_raw')
  otherwise = postgres.pool('agent_raw', 'otherwise')
})

afterAll(() => postgres?.stop())

/** What a caller, a log of notices and the database's own errors would show. Our refusal tells nothing and is not searched. */
async function observe(pool: pg.Pool, sql: string): Promise<{ readonly seen: string; readonly rows: number }> {
  let statement: ReturnType<typeof rewriter.rewrite>
  try {
    statement = rewriter.rewrite(call, sql, [])
  } catch (error) {
    if (!isLockstepError(error) || error.layer !== 'execution') throw error
    return { seen: '', rows: 0 }
  }
  const client = await pool.connect()
  const notices: string[] = []
  const listen = (notice: { message?: string | undefined }) => void notices.push(notice.message ?? '')
  client.on('notice', listen)
  try {
    const { rows, rowCount } = await client.query({
      text: statement.text,
      values: [...statement.parameters],
      queryMode: 'extended',
    } as pg.QueryConfig)
    answered.push(sql)
    return { seen: JSON.stringify({ rows, notices }), rows: rowCount ?? 0 }
  } catch (error) {
    return { seen: JSON.stringify({ error: error instanceof Error ? error.message : '', notices }), rows: 0 }
  } finally {
    client.removeListener('notice', listen)
    client.release(true)
  }
}

test('the cases are all there', () => {
  expect(cases.length).toBe(200)
})

for (const { id, sql, leakIfMatches, leakIfRowCountAbove } of cases) {
  test(proves('execution:statement:attack', id), async () => {
    const { seen, rows } = await observe(raw, sql)
    expect(seen).not.toContain('CANARY')
    if (leakIfMatches !== undefined && !OWN_ROWS.includes(id)) expect(seen).not.toMatch(new RegExp(leakIfMatches))
    if (leakIfRowCountAbove !== undefined) expect(rows).toBeLessThanOrEqual(leakIfRowCountAbove)
    expect(await observe(otherwise, sql)).toEqual({ seen, rows })
    if (ANSWERED.includes(id)) expect(answered).toContain(sql)
  })
}
