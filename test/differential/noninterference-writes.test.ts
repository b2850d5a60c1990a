import { isLockstepError, type ScopedStatement } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadShopWrites, askWriteShop } from '../fixtures/shop/ask-write-shop.ts'
import { SHOP_SECRETS, type ShopWorld } from '../fixtures/shop/shop-data.ts'
import { SHOP_WRITE_SCHEMA, shopWriteTables } from '../fixtures/shop/shop-writes.ts'
import { runs, SEED, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { inLanes } from './in-lanes.ts'
import { openWrittenShops, type WrittenShop } from './open-written-shops.ts'
import { PLANNERS } from './planners.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'
import { generateWrite } from './write/generate-write.ts'
import { visibleLines } from './write/visible-lines.ts'
import { type Outcome, write } from './write/write.ts'

/** Statements for each way of planning. */
const STATEMENTS = { 18: Number(process.env.STATEMENTS ?? runs(120)), 15: Number(process.env.STATEMENTS ?? runs(40)) }
/** Many statements should hold something that fails on hidden rows. */
const LEAKINESS = 40

const ann = authorizedCall('user:ann')
const worlds = Object.keys(SHOP_SECRETS) as ShopWorld[]
const { rewrite } = await loadParser().then(() =>
  createRewriter({
    tables: shopWriteTables,
    askRead: askReadShopWrites,
    askWrite: askWriteShop,
    searchPath: ['shop'],
  }),
)

function rewritten(sql: string, parameters: readonly unknown[]): ScopedStatement | undefined {
  try {
    return rewrite(ann, sql, parameters)
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return undefined
  }
}

/** What ann is told, and what she can see afterwards. */
function seen({ added, removed, ...answer }: Outcome) {
  return { ...answer, added: visibleLines(added), removed: visibleLines(removed) }
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  const shops = new Map<ShopWorld, WrittenShop>()
  let different = 0

  beforeAll(async () => {
    postgres = await startPostgres({ version })
    const open = await openWrittenShops(postgres, [1, 3])
    for (const world of worlds) shops.set(world, await open('agent', world))
  }, 240_000)
  afterAll(() => postgres?.stop())

  const inEach = async (run: (shop: WrittenShop) => Promise<Outcome>) => {
    const outcomes = await Promise.all([...shops].map(async ([world, shop]) => [world, seen(await run(shop))] as const))
    return new Map(outcomes)
  }

  test.each(Object.entries(PLANNERS))(
    proves('execution:writes:silent', 'planned with %s'),
    async (name, settings) => {
      const first = SEED + 500_000 + Object.keys(PLANNERS).indexOf(name) * 1_000_000
      let [compared, failed, planned, taken] = [0, 0, 0, 0]
      await inLanes(STATEMENTS[version], 1, async (index) => {
        const { sent, parameters } = generateWrite(first + index, SHOP_WRITE_SCHEMA, LEAKINESS)
        const statement = rewritten(sent, parameters)
        if (!statement) return
        const place = `seed ${first + index}, ${name}:\n${sent}\n${parameters}\n${statement.text}`
        const outcomes = await inEach((shop) => write(shop, statement, settings))
        const expected = outcomes.get('none')
        compared += 1
        if (expected?.error !== undefined) failed += 1
        if (!sent.includes('CANARY')) {
          for (const outcome of outcomes.values()) expect(JSON.stringify(outcome), place).not.toContain('CANARY')
        }
        // whether a key is taken, or there, is what constraints tell
        const isTold = [...outcomes.values()].some(({ error }) => error?.startsWith('23'))
        if (isTold || /\b(101|102|201)\b/.test(sent)) {
          taken += 1
          return
        }
        for (const [world, outcome] of outcomes) {
          // which of one's own rows fails first depends on the plan, and a plan on how many rows there are
          if ((outcome.error ?? expected?.error) !== undefined) planned += outcome.error === expected?.error ? 0 : 1
          else expect(outcome, `${world}, ${place}`).toEqual(expected)
        }
        // where the planner knows the same, nothing at all may differ
        for (const world of ['traps', 'many'] as const) {
          expect(outcomes.get(world), `${world}, ${place}`).toEqual(outcomes.get(`${world}, tamed`))
        }
        // the test can tell: unguarded, the worlds answer differently
        if (index % 5 === 0) {
          const unguarded = await inEach((shop) => write(shop, { text: sent, parameters }, settings))
          if (JSON.stringify(unguarded.get('none')) !== JSON.stringify(unguarded.get('traps'))) different += 1
        }
      })
      console.info(
        `PostgreSQL ${version}, ${name}, seed ${first}: ${compared} writes in ${worlds.length} worlds, ${failed} failed on visible data, ` +
          `${planned} failed by another plan, ${taken} about keys`,
      )
      expect(compared).toBeGreaterThan(STATEMENTS[version] / 2)
      expect(taken).toBeLessThan(compared / 3 + 5)
      expect(planned).toBeLessThanOrEqual(Math.max(3, (compared * worlds.length) / 50))
    },
    within(600_000),
  )

  test('the generated statements can tell', () => {
    expect(different).toBeGreaterThan(STATEMENTS[version] / 10)
  })
})
