import { isLockstepError, type ScopedStatement } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqlTarget } from '../attacks/sql-target.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { readQueries } from '../fixtures/queries/read-queries.ts'
import { askReadShop, askReadShopByKey } from '../fixtures/shop/ask-read-shop.ts'
import { SHOP_SECRETS, type ShopWorld } from '../fixtures/shop/shop-data.ts'
import { SHOP_SCHEMA } from '../fixtures/shop/shop-schema.ts'
import { shopTables } from '../fixtures/shop/shop-tables.ts'
import { runs, SEED } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { type Answer, ask } from './ask.ts'
import { createShop, type Shop } from './create-shop.ts'
import { inLanes } from './in-lanes.ts'
import { PLANNERS } from './planners.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'
import { generateSelect } from './select/generate-select.ts'

/** Statements for each way of planning. */
const STATEMENTS = { 18: Number(process.env.STATEMENTS ?? runs(300)), 15: Number(process.env.STATEMENTS ?? runs(60)) }
/** More than half of all statements should hold something that fails on hidden rows. */
const LEAKINESS = 40

const ann = authorizedCall('user:ann')
await loadParser()
/** By filters that look at the row alone, and by ones that ask another table. */
const rewriters = [askReadShop, askReadShopByKey].map((askRead) =>
  createRewriter({ tables: shopTables, askRead, searchPath: ['shop'] }),
)
const worlds = Object.keys(SHOP_SECRETS) as ShopWorld[]

function rewritten(sql: string, parameters: readonly unknown[], index: number): ScopedStatement | undefined {
  try {
    return rewriters[index % rewriters.length]?.rewrite(ann, sql, parameters)
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return undefined
  }
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let shop: Shop
  let base: pg.Pool
  let different = 0

  beforeAll(async () => {
    postgres = await startPostgres({ version })
    shop = await createShop(postgres, worlds)
    base = shop.pool('agent', 'none')
  })
  afterAll(() => postgres?.stop())

  test.each(Object.entries(PLANNERS))(
    proves('execution:oracle:noninterference', 'planned with %s'),
    async (name, settings) => {
      const pools = worlds.map((world) => [world, shop.pool('agent', world, settings)] as const)
      const first = SEED + Object.keys(PLANNERS).indexOf(name) * 1_000_000
      let [compared, failed, planned] = [0, 0, 0]
      await inLanes(STATEMENTS[version], 3, async (index) => {
        const { sent, parameters, ordered } = generateSelect(first + index, SHOP_SCHEMA, LEAKINESS)
        const statement = rewritten(sent, parameters, index)
        if (!statement) return
        const place = `seed ${first + index}, ${name}:\n${sent}\n${parameters}\n${statement.text}`
        const expected = await ask(base, statement.text, statement.parameters, ordered)
        const answers = new Map<ShopWorld, Answer>()
        for (const [world, pool] of pools) {
          answers.set(world, await ask(pool, statement.text, statement.parameters, ordered))
        }
        compared += 1
        if (expected.error !== undefined) failed += 1
        for (const [world, answer] of answers) {
          expect(JSON.stringify(answer), `${world}, ${place}`).not.toContain('CANARY')
          // which of one's own rows fails first depends on the plan, and a plan on how many rows there are
          if ((answer.error ?? expected.error) !== undefined) planned += answer.error === expected.error ? 0 : 1
          else expect(answer, `${world}, ${place}`).toEqual(expected)
        }
        // where the planner knows the same, nothing at all may differ
        for (const world of ['traps', 'many'] as const) {
          expect(answers.get(world), `${world}, ${place}`).toEqual(answers.get(`${world}, tamed`))
        }
        // the test can tell: unguarded, the worlds answer differently
        if (index % 5 === 0) {
          const [, traps] = pools.find(([world]) => world === 'traps') ?? pools[0] ?? ['none', base]
          const unguarded = await Promise.all([base, traps].map((pool) => ask(pool, sent, parameters, ordered)))
          if (JSON.stringify(unguarded[0]) !== JSON.stringify(unguarded[1])) different += 1
        }
      })
      console.info(
        `PostgreSQL ${version}, ${name}, seed ${first}: ${compared} statements in ${worlds.length} worlds, ${failed} failed on visible data, ` +
          `${planned} answers failed by another plan`,
      )
      expect(compared).toBeGreaterThan(STATEMENTS[version] / 2)
      expect(planned).toBeLessThanOrEqual(Math.max(3, (compared * worlds.length) / 50))
    },
    3_600_000,
  )

  test('the generated statements can tell', () => {
    expect(different).toBeGreaterThan(STATEMENTS[version] / 10)
  })

  test(proves('execution:oracle:noninterference', 'realistic statements'), async () => {
    const target = await openSqlTarget(version)
    let sent = 0
    for (const { sql, parameters } of readQueries('tenants.sql')) {
      const [first, ...others] = await target.observe(sql, parameters)
      if (first?.refused === undefined) sent += 1
      for (const other of others) expect(other, sql).toEqual(first)
    }
    await target.stop()
    expect(sent).toBeGreaterThan(20)
  })
})
