import { readFileSync } from 'node:fs'
import { checkOperators, createRewriter, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  FUNCTIONS,
  needsRows,
  RECORD_FUNCTIONS,
  SET_FUNCTIONS,
} from '../../packages/layers/4-execution/src/grammar/functions.ts'
import { OPERATORS } from '../../packages/layers/4-execution/src/grammar/operators.ts'
import { TYPES } from '../../packages/layers/4-execution/src/grammar/types.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { grammar } from '../fixtures/queries/grammar.mjs'
import { askReadTenant } from '../fixtures/tenants/ask-read-tenant.ts'
import { ONLY_TENANT_1 } from '../fixtures/tenants/only-tenant-1.ts'
import { tenantTables } from '../fixtures/tenants/tenant-tables.ts'
import { lacks } from '../programs.ts'
import { proves } from '../requirements/index.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { POSTGRES_15 } from './start-postgres.mjs'

const call = authorizedCall('user:ann')
const FIXTURE = readFileSync(new URL('../fixtures/cases/sql-fixture.sql', import.meta.url), 'utf8')

describe.each([18, 15] as const)('on PostgreSQL %i', (version) => {
  describe.skipIf(version === 15 && lacks(POSTGRES_15))('', () => {
    let postgres: TestPostgres
    let raw: pg.Pool
    /** The same without everything that ann may not see; nothing stands between it and a statement. */
    let visible: pg.Pool
    let rewrite: ReturnType<typeof createRewriter>['rewrite']

    beforeAll(async () => {
      await loadParser()
      rewrite = createRewriter({ tables: tenantTables, askRead: askReadTenant, searchPath: ['app'] }).rewrite
      postgres = await startPostgres({ version })
      await postgres.pool().query(FIXTURE)
      await postgres.pool().query('create database visible')
      await postgres.pool('postgres', 'visible').query(`${FIXTURE}; ${ONLY_TENANT_1}`)
      raw = postgres.pool('agent_raw')
      visible = postgres.pool('postgres', 'visible', { search_path: 'app' })
    }, 240_000)

    afterAll(() => postgres?.stop())

    const rowsOf = async (pool: pg.Pool, text: string, values: readonly unknown[] = []) =>
      (await pool.query({ text, values: [...values] })).rows.map((row) => JSON.stringify(row)).sort()
    const answerOf = async (sql: string) => {
      const statement = rewrite(call, sql, [])
      return await rowsOf(raw, statement.text, statement.parameters)
    }
    const rows = grammar.filter(({ since = 15 }) => since <= version)

    for (const { feature, sql } of rows.filter((row) => row.refused === undefined)) {
      test(proves('execution:grammar:released', feature), async () => {
        const answer = await answerOf(sql)
        expect(answer.length).toBeGreaterThan(0)
        expect(answer).toEqual(await rowsOf(visible, sql))
      })
    }

    for (const { feature, hostile } of rows.filter((row) => row.hostile !== undefined)) {
      test(proves('execution:grammar:hostile', feature), async () => {
        const [sql, outcome] = hostile ?? ['', '']
        if (outcome !== 'scoped') {
          expect(() => rewrite(call, sql, [])).toThrow(expect.objectContaining({ code: outcome }))
          return
        }
        const answer = await answerOf(sql)
        expect(answer.join()).not.toContain('CANARY')
        expect(answer).toEqual(await rowsOf(visible, sql))
      })
    }

    for (const { feature, sql, refused } of rows.filter((row) => row.refused !== undefined)) {
      test(proves('execution:grammar:refused', feature), () => {
        expect(() => rewrite(call, sql, [])).toThrow(expect.objectContaining({ code: refused }))
      })
    }

    test(proves('execution:names:shadowed', 'where the schema is searched'), async () => {
      const check = (path: string) => {
        const pool = postgres.pool('postgres', 'visible', { search_path: path })
        return checkOperators((text, parameters) => pool.query(text, parameters).then((result) => result.rows))
      }
      await expect(check('app')).resolves.toBeUndefined()
      await visible.query(`
        create function app.same(int, text) returns boolean language sql as 'select true';
        create operator app.= (leftarg = int, rightarg = text, function = app.same)`)
      await expect(check('app')).rejects.toThrow(/`app\.=`/)
      await expect(check('pg_catalog')).resolves.toBeUndefined()
      await visible.query('drop operator app.= (int, text)')
    })

    test(proves('execution:names:catalog', 'functions'), async () => {
      const { rows: found } = await postgres.pool().query<Overload>(OVERLOADS, [[...FUNCTIONS]])
      const named = (test: (overload: Overload) => boolean) =>
        [...new Set(found.filter(test).map(({ name }) => name))].sort()
      // 18 has them all
      if (version === 18) expect(named(() => true)).toEqual([...FUNCTIONS].sort())
      expect(named(({ volatility }) => volatility === 'v')).toEqual(['random'])
      expect(named(({ safety }) => safety !== 's')).toEqual(['age', 'random'])
      expect(named(({ definer, language }) => definer || !['internal', 'sql', 'c'].includes(language))).toEqual([])
      // an immutable function cannot look at anything: these were looked through, and depend on the session's settings at most
      for (const name of named(({ volatility }) => volatility === 's')) expect(STABLE).toContain(name)
      for (const name of named(({ language }) => language === 'sql')) expect(WRITTEN_IN_SQL).toContain(name)
      const records = ({ name, returned, outputs }: Overload) =>
        returned === 'record' && outputs.length === 0 && !needsRows(name)
      for (const name of named(records)) expect(RECORD_FUNCTIONS).toContain(name)
      for (const { name, outputs } of found) {
        // `unnest(tsvector)` alone has another form than its namesakes: its further columns have no names here
        if (outputs.length > 0 && name !== 'unnest') expect(SET_FUNCTIONS[name], name).toEqual(outputs)
      }
      const sets = named(({ isSet }) => isSet)
      for (const name of sets) expect(name in SET_FUNCTIONS || RECORD_FUNCTIONS.has(name), name).toBe(true)
    })

    test(proves('execution:names:catalog', 'operators and types'), async () => {
      const pool = postgres.pool()
      const operators = await pool.query<{ name: string }>(OPERATOR_NAMES, [[...OPERATORS]])
      // the keyword forms, and what the grammar reads as `<>`
      const spelled = [...OPERATORS].filter((name) => name !== '!=' && /^[^A-Z]+$/.test(name))
      expect(operators.rows.map(({ name }) => name).sort()).toEqual(spelled.sort())
      const types = await pool.query<{ name: string }>(TYPE_NAMES, [[...TYPES]])
      // standard names, which the grammar reads as the others
      const read = ['bigint', 'boolean', 'integer', 'smallint']
      expect(types.rows.map(({ name }) => name).sort()).toEqual(
        [...TYPES].filter((name) => !read.includes(name)).sort(),
      )
    })
  })
})

interface Overload {
  readonly name: string
  readonly volatility: string
  readonly safety: string
  readonly definer: boolean
  readonly language: string
  readonly returned: string
  readonly isSet: boolean
  readonly outputs: readonly string[]
}

const OVERLOADS = `
  SELECT p.proname::text AS name, p.provolatile::text AS volatility, p.proparallel::text AS safety, p.prosecdef AS definer,
    l.lanname::text AS language, p.prorettype::pg_catalog.regtype::text AS returned, p.proretset AS "isSet",
    ARRAY(SELECT a.name FROM unnest(p.proargnames, p.proargmodes) AS a(name, mode) WHERE a.mode IN ('o', 't', 'b')) AS outputs
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.proname = ANY ($1::text[])`

/** Operators of which every overload is not volatile. */
const OPERATOR_NAMES = `
  SELECT o.oprname::text AS name FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
  WHERE o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace AND o.oprname = ANY ($1::text[])
  GROUP BY 1 HAVING bool_and(p.provolatile <> 'v' AND NOT p.prosecdef)`

/** Types whose input is not volatile. */
const TYPE_NAMES = `
  SELECT t.typname::text AS name FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p ON p.oid = t.typinput
  WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typname = ANY ($1::text[]) AND p.provolatile <> 'v'`

/** Looked through one by one: time zone, date style, monetary locale, text search configuration, and casts to JSON and text. */
const STABLE = [
  ...['age', 'array_to_json', 'array_to_string', 'concat', 'concat_ws', 'date', 'date_add', 'date_part'],
  ...['date_subtract', 'date_trunc', 'extract', 'format', 'generate_series', 'json_agg', 'json_agg_strict'],
  ...['json_build_array', 'json_build_object', 'json_object_agg', 'json_object_agg_strict', 'json_object_agg_unique'],
  ...['json_to_record', 'json_to_recordset', 'json_to_tsvector', 'jsonb_agg', 'jsonb_agg_strict', 'jsonb_build_array'],
  ...['jsonb_build_object', 'jsonb_object_agg', 'jsonb_object_agg_strict', 'jsonb_object_agg_unique'],
  ...['jsonb_path_exists_tz', 'jsonb_path_match_tz', 'jsonb_path_query_array_tz', 'jsonb_path_query_first_tz'],
  ...['jsonb_path_query_tz', 'jsonb_to_record', 'jsonb_to_recordset', 'jsonb_to_tsvector', 'length'],
  ...['make_timestamptz', 'now', 'numeric', 'overlaps', 'phraseto_tsquery', 'plainto_tsquery', 'quote_literal'],
  ...['quote_nullable', 'row_to_json', 'statement_timestamp', 'time', 'timezone', 'to_char', 'to_date', 'to_json'],
  ...['to_jsonb', 'to_number', 'to_timestamp', 'to_tsquery', 'to_tsvector', 'transaction_timestamp', 'ts_headline'],
  ...['websearch_to_tsquery'],
]

/** Looked through one by one: each is an expression over its arguments. */
const WRITTEN_IN_SQL = [
  ...['age', 'bit_length', 'date_part', 'log', 'log10', 'lpad', 'overlaps', 'quote_literal', 'quote_nullable', 'round'],
  ...['rpad', 'substring', 'trunc', 'string_to_table', 'generate_series'],
]
