import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from '../differential/postgres.ts'
import { type FloorTarget, openFloorTarget } from './floor-target.ts'
import { SQL_CASES, shows } from './sql-cases.ts'

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let target: FloorTarget
  beforeAll(async () => {
    target = await openFloorTarget(version)
  })
  afterAll(() => target?.stop())

  test('all', async () => {
    const bad: string[] = []
    let answered = 0
    for (const item of SQL_CASES) {
      const observations = await target.observe(item.sql)
      const [first] = observations
      if (!first?.failed) answered++
      for (const one of observations) {
        const why = [
          one.seen.includes('CANARY') ? 'canary' : '',
          shows(item, one.seen) ? 'shows' : '',
          item.leakIfRowCountAbove !== undefined && one.rows > item.leakIfRowCountAbove ? 'rows' : '',
          JSON.stringify(one) !== JSON.stringify(first) ? 'differs' : '',
        ].filter(Boolean)
        if (why.length) {
          bad.push(`${item.id} ${why} ${item.sql}\n   ${one.seen.slice(0, 300)}\n   ${first?.seen.slice(0, 200)}`)
          break
        }
      }
    }
    console.log(answered, bad.length, bad.join('\n'))
  }, 200000)
})
