import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from '../differential/postgres.ts'
import { proves } from '../requirements/index.ts'
import { EXISTENCE_ORACLES, SQL_CASES, shows } from './sql-cases.ts'
import { openSqlTarget, type SqlTarget } from './sql-target.ts'

/** Statements that deserve a scoped answer, by the fixture's README, rather than a refusal. */
const ANSWERED = [
  ...['A22', 'A23', 'A28', 'B38', 'B46', 'C1', 'C2', 'C4', 'C10', 'C11', 'C16', 'C17'],
  ...['D1', 'D2', 'D7', 'D32', 'D35', 'I11', 'I16'],
  ...['E10', 'E13', 'E14', 'E16', 'E17', 'E19', 'E20', 'E26'],
]

/** What is written here would be a row that ann may not write. */
const DENIED = ['E2', 'E5', 'E11']

test('the cases are all there', () => {
  expect(SQL_CASES.length).toBe(200)
})

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let target: SqlTarget
  beforeAll(async () => {
    target = await openSqlTarget(version)
  })
  afterAll(() => target?.stop())

  for (const item of SQL_CASES) {
    test(proves('execution:statement:attack', item.id), async () => {
      const observations = await target.observe(item.sql)
      for (const observation of observations) {
        const { seen, rows } = observation
        expect(seen).not.toContain('CANARY')
        expect(shows(item, seen), seen).toBe(false)
        expect(observation.harmed ?? false).toBe(false)
        if (item.leakIfRowCountAbove !== undefined) expect(rows).toBeLessThanOrEqual(item.leakIfRowCountAbove)
        if (!EXISTENCE_ORACLES.includes(item.id)) expect(observation).toEqual(observations[0])
      }
      if (DENIED.includes(item.id)) expect(observations[0]?.seen).toContain('denied')
      if (ANSWERED.includes(item.id)) expect(observations[0]?.refused).toBeUndefined()
    })
  }
})
