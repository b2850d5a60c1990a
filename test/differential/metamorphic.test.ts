import { type AskRead, isLockstepError, type ScopedStatement } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { all, attribute, entity, equal, reading, value } from '../fixtures/expense/conditions.ts'
import { askReadShop } from '../fixtures/shop/ask-read-shop.ts'
import { SHOP_SCHEMA } from '../fixtures/shop/shop-schema.ts'
import { shopTables } from '../fixtures/shop/shop-tables.ts'
import { runs, SEED } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { ask } from './ask.ts'
import { createShop } from './create-shop.ts'
import { inLanes } from './in-lanes.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { generateSelect } from './select/generate-select.ts'

const STATEMENTS = Number(process.env.STATEMENTS ?? runs(400))

const ann = authorizedCall('user:ann')
const rewriterOf = (askRead: AskRead) => createRewriter({ tables: shopTables, askRead, searchPath: ['shop'] })
let postgres: TestPostgres
let raw: pg.Pool

beforeAll(async () => {
  await loadParser()
  postgres = await startPostgres()
  raw = (await createShop(postgres, ['traps'])).pool('agent', 'traps')
})
afterAll(() => postgres?.stop())

function attempt(rewrite: () => ScopedStatement): ScopedStatement | undefined {
  try {
    return rewrite()
  } catch (error) {
    if (!isLockstepError(error)) throw error
    return undefined
  }
}

test(proves('execution:oracle:again'), async () => {
  const rewriter = rewriterOf(askReadShop)
  let again = 0
  await inLanes(STATEMENTS, 4, async (index) => {
    const { sent, parameters, ordered } = generateSelect(SEED + index, SHOP_SCHEMA)
    const once = attempt(() => rewriter.rewrite(ann, sent, parameters))
    expect(
      attempt(() => rewriterOf(askReadShop).rewrite(ann, sent, parameters)),
      `seed ${SEED + index}: ${sent}`,
    ).toEqual(once)
    expect(attempt(() => rewriter.rewrite(ann, sent, parameters))).toEqual(once)
    const twice = once && attempt(() => rewriter.rewrite(ann, once.text, once.parameters))
    if (!once || !twice) return
    const [first, second] = await Promise.all(
      [once, twice].map(({ text, parameters: values }) => ask(raw, text, values, ordered)),
    )
    if (first?.error === undefined && second?.error === undefined) {
      expect(second, `seed ${SEED + index}: ${sent}\n${once.text}\n${twice.text}`).toEqual(first)
      again += 1
    }
  })
  console.info(`seed ${SEED}: of ${STATEMENTS} statements, ${again} were rewritten twice and answered twice`)
  expect(again).toBeGreaterThan(STATEMENTS / 4)
}, 600_000)

test(proves('execution:oracle:narrower'), async () => {
  const own = equal(attribute('tenant'), entity('Tenant', '1'))
  const parts = [
    own,
    equal(attribute('stage'), value('open')),
    value(false),
    equal(attribute('tenant'), entity('Tenant', '2')),
  ]
  const readOrders = (condition: AskRead) =>
    rewriterOf(condition).rewrite(ann, 'select id, note, amount from orders', [])
  for (const first of parts) {
    for (const second of parts) {
      const wide = readOrders(() => ({ condition: reading('row', 'plain', first), policies: [], policyVersion: '1' }))
      const narrow = readOrders(() => ({
        condition: reading('row', 'plain', all(first, second)),
        policies: [],
        policyVersion: '1',
      }))
      const [more, fewer] = await Promise.all(
        [wide, narrow].map(({ text, parameters }) => ask(raw, text, parameters, false)),
      )
      expect(fewer?.error).toBeUndefined()
      expect(fewer?.rows.filter((row) => !more?.rows.includes(row))).toEqual([])
    }
  }
})
