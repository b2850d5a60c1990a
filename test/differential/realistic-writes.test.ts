import { type AskRead, type AskWrite, isLockstepError, type ScopedStatement, type TableMapping } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SQL_FIXTURE } from '../attacks/sql-cases.ts'
import { askManageExpenses } from '../fixtures/expense/ask-manage-expenses.ts'
import { askReadExpenses } from '../fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { EXPENSE_DATA, expenseTables } from '../fixtures/expense/expense-tables.ts'
import { EXPENSE_POLICIES, TRADE_POLICIES } from '../fixtures/queries/native-policies.ts'
import { readQueries } from '../fixtures/queries/read-queries.ts'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { askWriteTenant } from '../fixtures/tenants/ask-write-tenant.ts'
import { tenantTablesWithItems } from '../fixtures/tenants/tenant-tables.ts'
import { askReadTrade } from '../fixtures/trade/ask-read-trade.ts'
import { askWriteTrade } from '../fixtures/trade/ask-write-trade.ts'
import { TRADE_DATA } from '../fixtures/trade/trade-data.ts'
import { tradeTables } from '../fixtures/trade/trade-tables.ts'
import { proves } from '../requirements/index.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'
import { write } from './write/write.ts'

/** A schema, who writes it, and the role that native row-level security restricts to the same. */
interface World {
  readonly file: string
  readonly subject: string
  readonly tables: TableMapping
  readonly askRead: AskRead
  readonly askWrite: AskWrite
  readonly schema: string
  readonly data: readonly string[]
  readonly roles: readonly [raw: string, oracle: string]
}

const WORLDS: readonly World[] = [
  {
    file: 'expense-writes.sql',
    subject: 'user:alice',
    tables: expenseTables,
    askRead: askReadExpenses,
    askWrite: askManageExpenses,
    schema: 'public',
    data: [EXPENSE_DATA, EXPENSE_POLICIES],
    roles: ['raw', 'oracle'],
  },
  {
    file: 'tenants-writes.sql',
    subject: 'user:ann',
    tables: tenantTablesWithItems,
    askRead: askReadTenant,
    askWrite: askWriteTenant,
    schema: 'app',
    data: [SQL_FIXTURE],
    roles: ['agent_raw', 'agent_rls'],
  },
  {
    file: 'trade-writes.sql',
    subject: 'user:seller',
    tables: tradeTables,
    askRead: askReadTrade,
    askWrite: askWriteTrade,
    schema: 'trade',
    data: [`${TRADE_DATA}; set search_path = trade; ${TRADE_POLICIES.replace(/create role \w+ login;/g, '')}`],
    roles: ['raw', 'oracle'],
  },
]

/** The share of all statements that is accepted at least. */
const ACCEPTED = 0.95

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  beforeAll(async () => {
    await loadParser()
    postgres = await startPostgres({ version })
  })
  afterAll(() => postgres?.stop())

  test(proves('execution:writes:everyday'), async () => {
    const refused: string[] = []
    let [all, changed] = [0, 0]
    for (const { file, subject, tables, askRead, askWrite, schema, data, roles } of WORLDS) {
      const { rewrite } = createRewriter({ tables, askRead, askWrite, searchPath: [schema] })
      const database = `of_${schema}`
      await postgres.pool().query(`create database ${database}`)
      const owner = postgres.pool('postgres', database)
      for (const text of data) await owner.query(text)
      await owner.query(contentsOf(schema, tables))
      const shops = []
      for (const role of roles) {
        const pool = postgres.pool(role, database, { search_path: schema })
        const look = 'select shop.contents()'
        const { rows } = await pool.query(look)
        shops.push({ pool, look, contents: rows[0].contents.split('\n') })
      }
      const [raw, oracle] = shops
      if (!raw || !oracle) throw new Error('two roles')
      for (const { sql, parameters } of readQueries(file)) {
        all += 1
        const expanded = sql.replace(
          /returning \*/i,
          () => `returning ${STARS[/\b(orders|customers)\b/.exec(sql)?.[0] ?? '']}`,
        )
        const expected = await write(oracle, { text: expanded, parameters })
        expect(expected.error, sql).toBeUndefined()
        let statement: ScopedStatement
        try {
          statement = rewrite(authorizedCall(subject), sql, parameters)
        } catch (error) {
          if (!isLockstepError(error)) throw error
          refused.push(`${sql}: ${error.message}`)
          continue
        }
        expect(await write(raw, statement), `${sql}\n${statement.text}`).toEqual(expected)
        if (expected.added.length + expected.removed.length > 0) changed += 1
      }
    }
    console.info(
      `PostgreSQL ${version}: accepted ${all - refused.length} of ${all} realistic writes, ${changed} changed something`,
    )
    expect(all).toBeGreaterThanOrEqual(60)
    expect(changed).toBeGreaterThan(all * 0.8)
    expect(1 - refused.length / all, refused.join('\n')).toBeGreaterThanOrEqual(ACCEPTED)
  })
})

/** What `*` is for the oracle, which refuses a star over hidden columns. */
const STARS: Readonly<Record<string, string>> = {
  orders: 'id, tenant_id, customer_id, amount, note, qty',
  customers: 'id, tenant_id, name, email',
}

/** A function that tells everything that is in the mapped tables. */
function contentsOf(schema: string, tables: TableMapping): string {
  const rows = Object.keys(tables).map((name) => `select '${name} ' || to_jsonb(t)::text as row from ${name} t`)
  return `create schema shop; grant usage on schema shop to public; create function shop.contents() returns text language sql security definer
    set search_path = ${schema} as $$ select string_agg(row, e'\\n' order by row) from (${rows.join(' union all ')}) x $$`
}
