import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from '../differential/postgres.ts'
import { NIGHTLY } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { MUTATIONS } from './mutate-sql.ts'
import { EXISTENCE_ORACLES, SQL_CASES, shows } from './sql-cases.ts'
import { openSqlTarget, type SqlTarget } from './sql-target.ts'

/** On the older version every so many mutated statements are tried, nightly all. */
const SHARE = NIGHTLY ? 1 : 5

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let target: SqlTarget
  beforeAll(async () => {
    target = await openSqlTarget(version)
  })
  afterAll(() => target?.stop())

  test(proves('attacks:sql:mutated'), async () => {
    let [tried, refused, failed, sent, written] = [0, 0, 0, 0, 0]
    const share = version === 18 ? 1 : SHARE
    for (const [index, mutation] of MUTATIONS.entries()) {
      for (const [at, item] of SQL_CASES.entries()) {
        if ((index + at) % share > 0) continue
        const sql = mutation.apply(item.sql)
        const observations = await target.observe(sql)
        const place = `${item.id}, ${mutation.name}: ${sql}`
        tried += 1
        for (const observation of observations) {
          expect(observation.seen, place).not.toContain('CANARY')
          if (mutation.sameOutput) expect(shows(item, observation.seen), `${place}\n${observation.seen}`).toBe(false)
          expect(observation.harmed ?? false, place).toBe(false)
          if (mutation.sameOutput && item.leakIfRowCountAbove !== undefined)
            expect(observation.rows, place).toBeLessThanOrEqual(item.leakIfRowCountAbove)
          if (!EXISTENCE_ORACLES.includes(item.id)) expect(observation, place).toEqual(observations[0])
        }
        if (observations[0]?.refused !== undefined) refused += 1
        else if (observations[0]?.seen.includes('"error"')) failed += 1
        else sent += 1
        if (observations[0]?.harmed !== undefined) written += 1
      }
    }
    console.info(
      `PostgreSQL ${version}: ${tried} mutated statements (${MUTATIONS.length} mutations): ` +
        `${refused} refused, ${sent} answered, ${failed} ended in a database error; ${written} were sent to write`,
    )
    expect(sent).toBeGreaterThan(tried / 50)
    expect(written).toBeGreaterThan(tried / 100)
  }, 600_000)
})
