import { createRewriter, loadParser } from '@lockstep/execution'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPostgres, type TestPostgres, VERSIONS } from '../differential/postgres.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { called, MADE_PROBES, NEAR_PROBES, SHOWN, shownVault, shownVaultSql } from '../fixtures/shown/shown-vault.ts'
import { isSorted, PROBES, SHARED_WORK } from '../fixtures/vault/probes.ts'
import {
  askReadVault,
  askReadVaultByKey,
  askReadVaultCheaply,
  HIDDEN_ROWS,
  OTHER_HIDDEN_ROWS,
  VAULT,
} from '../fixtures/vault/vault-tables.ts'
import { within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { observe } from './observe.ts'

vi.setConfig({ testTimeout: within(240_000), hookTimeout: 120_000 })

/** What makes a planner run conditions in another order and at other nodes. */
const SETTINGS: readonly (readonly string[])[] = [
  [],
  ['enable_hashjoin = off', 'enable_mergejoin = off', 'enable_material = off'],
  SHARED_WORK,
  ['cpu_operator_cost = 0', 'cpu_tuple_cost = 0', 'random_page_cost = 0', 'seq_page_cost = 0'],
]

const call = authorizedCall('user:ann')
const rewriters = (shown: (typeof SHOWN)[number]) =>
  [askReadVault, askReadVaultCheaply, askReadVaultByKey].map((askRead) =>
    createRewriter({
      tables: shownVault(shown),
      askRead,
      functions: ['vault.tell', 'vault.tick'],
      searchPath: [shown.schema, 'shown'],
    }),
  )

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let raw: pg.Client
  let otherwise: pg.Client
  let oracle: pg.Client

  beforeAll(async () => {
    await loadParser()
    postgres = await startPostgres({ version })
    const port = new URL(postgres.connectionString).port
    await postgres.pool().query('create database otherwise')
    for (const [database, rows] of Object.entries({ postgres: HIDDEN_ROWS, otherwise: OTHER_HIDDEN_ROWS })) {
      const pool = postgres.pool('postgres', database)
      await pool.query(`${VAULT}; ${rows}`)
      await pool.query(shownVaultSql(port, database))
    }
    const connect = async (role: string, database: string) => {
      const url = postgres.connectionString.replace(/postgres@/, `${role}@`).replace(/\w+$/, database)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return client
    }
    raw = await connect('vault_raw', 'postgres')
    otherwise = await connect('vault_raw', 'otherwise')
    oracle = await connect('vault_rls', 'postgres')
  })

  afterAll(async () => {
    await Promise.all([raw, otherwise, oracle].map((client) => client?.end()))
    await postgres?.stop()
  })

  /** Holds a statement against native row security, and against a database in which the hidden rows are others. */
  async function probe(shown: (typeof SHOWN)[number], sql: string, natively: string): Promise<void> {
    await oracle.query('set search_path = vault')
    const expected = await observe(oracle, natively)
    const ways = rewriters(shown).map(({ rewrite }) => rewrite(call, sql, []))
    for (const settings of SETTINGS.slice(0, version === 18 ? undefined : 1)) {
      if (settings === SHARED_WORK && !isSorted(natively)) continue
      for (const client of [raw, otherwise]) {
        await client.query(['reset all', ...settings.map((one) => `set ${one}`)].join('; '))
      }
      for (const { text, parameters } of ways) {
        const seen = await observe(raw, text, parameters)
        const why = `${settings.join(', ') || 'no settings'}: ${text}`
        expect(JSON.stringify(seen), why).not.toMatch(/SECRET|777/)
        expect(await observe(otherwise, text, parameters), why).toEqual(seen)
        if (expected.rows) expect(seen.rows, why).toEqual(expected.rows)
      }
    }
  }

  describe.each(SHOWN)('a $kind', (shown) => {
    test.each(PROBES)(proves('execution:shown:silent', '$place'), ({ sql }) =>
      probe(shown, shown.kind === 'function' ? called(sql) : sql, sql),
    )
  })

  const [view] = SHOWN
  test.each(MADE_PROBES)(proves('execution:shown:silent', 'computed columns: $place'), async ({ sql }) => {
    if (!view) return
    const natively = sql.replace(/\bmade\b/g, 'shown.made_natively')
    await probe(view, sql, natively)
    await probe(view, sql.replace(/\bmade\b/g, 'made_by()'), natively)
  })

  test.each(NEAR_PROBES)(proves('execution:shown:silent', 'arguments: $place'), async ({ sql }) => {
    if (!view) return
    await probe(view, sql, sql.replace(/\bdocs_stored\b/g, 'docs').replace(/\bnear\(/g, 'shown.near('))
  })
})
