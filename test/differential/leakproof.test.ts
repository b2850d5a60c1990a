import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JUDGED, LEAKPROOF } from '../../packages/layers/4-execution/src/barrier/comparison.ts'
import { proves } from '../requirements/index.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'

const OPERATORS = ['=', '<>', '<', '<=', '>', '>=']

/** Values at the edges of each type that a judgement of ours covers. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  int2: ['-32768', '0', '32767'],
  int4: ['-2147483648', '0', '2147483647'],
  int8: ['-9223372036854775808', '0', '9223372036854775807'],
  numeric: ['NaN', 'Infinity', '-Infinity', '0', '1e131071', '-1e-16383'],
  float4: ['NaN', 'Infinity', '-Infinity', '0', '1e38', '1e-37'],
  float8: ['NaN', 'Infinity', '-Infinity', '0', '1e308', '1e-307'],
  date: ['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2024-02-29'],
  timestamp: ['infinity', '-infinity', '4713-01-01 BC', '294276-12-31 23:59:59.999999', '2024-02-29'],
  timestamptz: ['infinity', '-infinity', '4713-01-02 BC', '294276-12-31 23:59:59.999999 UTC', '2024-02-29'],
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let pool: pg.Pool
  beforeAll(async () => {
    postgres = await startPostgres({ version })
    pool = postgres.pool()
  })
  afterAll(() => postgres?.stop())

  test(proves('execution:barrier:leakproof', 'declared'), async () => {
    for (const group of LEAKPROOF) {
      const { rows } = await pool.query(
        `select count(*)::int as operators, bool_and(proleakproof) as leakproof from pg_operator o
           join pg_proc p on p.oid = o.oprcode
         where o.oprleft = any ($1::regtype[]) and o.oprright = any ($1::regtype[]) and o.oprname = any ($2)
           and o.oprnamespace = 'pg_catalog'::regnamespace`,
        [group, OPERATORS],
      )
      expect(rows, group.join()).toEqual([{ operators: group.length ** 2 * OPERATORS.length, leakproof: true }])
    }
  })

  test(proves('execution:barrier:leakproof', 'judged'), async () => {
    for (const group of JUDGED) {
      for (const left of group) {
        for (const right of group) {
          const pairs = `unnest($1::text[]::${left}[]) as l (l), unnest($2::text[]::${right}[]) as r (r)`
          const all = OPERATORS.map((operator) => `count(*) filter (where l ${operator} r)`).join(', ')
          for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/Anchorage']) {
            const client = await pool.connect()
            await client.query(`set timezone = '${zone}'`)
            // an error fails the test
            const { rows } = await client.query(`select ${all} from ${pairs}`, [EDGES[left], EDGES[right]])
            client.release()
            expect(rows.length).toBe(1)
          }
        }
      }
    }
  })

  test(proves('execution:barrier:leakproof', 'patterns'), async () => {
    const texts = ['', '\\', '%', '_', 'a\\b', 'ä', '\u{1F600}', 'x'.repeat(1000)]
    for (const operator of ['like', 'not like', 'ilike', 'not ilike']) {
      for (const pattern of ['', '%', '_%', 'a\\\\', '\\%', '%ä_', '%\\\\%', 'x%x']) {
        await pool.query(`select t ${operator} $2 from unnest($1::text[]) t`, [texts, pattern])
      }
    }
    // what is not taken for sound does fail, on some texts only
    await pool.query(`select 'b' like 'a\\'`)
    await expect(pool.query(`select t like $2 from unnest($1::text[]) t`, [['ab'], 'a\\'])).rejects.toThrow('escape')
  })

  test(proves('execution:barrier:leakproof', 'sums'), async () => {
    for (const type of ['int2', 'int4', 'int8', 'numeric']) {
      const { rows } = await pool.query(
        `select pg_typeof(sum(v))::text as sum, pg_typeof(avg(v))::text as avg, sum(v) is not null as done from unnest($1::${type}[]) v`,
        [EDGES[type]],
      )
      expect(rows).toEqual([
        { sum: type === 'int8' || type === 'numeric' ? 'numeric' : 'bigint', avg: 'numeric', done: true },
      ])
    }
  })
})
