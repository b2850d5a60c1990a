import { isLockstepError, type ScopedStatement } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { askReadShopWrites, askWriteShop } from '../fixtures/shop/ask-write-shop.ts'
import { SHOP_WRITE_SCHEMA, shopWriteTables } from '../fixtures/shop/shop-writes.ts'
import { runs, SEED, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { Acceptance } from './acceptance.ts'
import { inLanes } from './in-lanes.ts'
import { openWrittenShops, type WrittenShop } from './open-written-shops.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'
import { generateWrite } from './write/generate-write.ts'
import { readLine } from './write/visible-lines.ts'
import { write } from './write/write.ts'

/** Each statement has a seed of its own: `SEED=<seed of a statement> STATEMENTS=1` draws that one again. */
const STATEMENTS = Number(process.env.STATEMENTS ?? runs(2000))
/** Each lane has databases of its own: what one writes, another would wait for. */
const LANES = 2

/** Errors in how a statement is written: of these, none may come only of being rewritten. */
const NOT_OF_DATA = /^(42(?!501)|0A|XX|08|26|57)/
/** What the database refuses: row-level security, column privileges and constraints. */
const REFUSED = /^(denied|42501|23)/

/** The share of all statements that is accepted at least. */
const ACCEPTED = 0.95

/** The policy once more, over a row as `shop.contents()` writes it. */
function mayBeCreated(line: string): boolean {
  const { table, row } = readLine(line)
  if (table === 'labels') return true
  return (row.tenant_id ?? row.Tenant) === 1 && (table !== 'orders' || ['open', 'draft'].includes(String(row.stage)))
}

const ann = authorizedCall('user:ann')

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  const lanes: Record<'raw' | 'oracle' | 'tamed', WrittenShop>[] = []

  beforeAll(async () => {
    await loadParser()
    postgres = await startPostgres({ version })
    const shop = await openWrittenShops(postgres)
    for (let lane = 0; lane < LANES; lane++) {
      const [raw, oracle, tamed] = [
        await shop('agent', 'traps'),
        await shop('seller', 'traps'),
        await shop('agent', 'traps, tamed'),
      ]
      lanes.push({ raw, oracle, tamed })
    }
  })
  afterAll(() => postgres?.stop())

  test(
    proves('execution:oracle:writes', 'generated statements'),
    async () => {
      const { rewrite } = createRewriter({
        tables: shopWriteTables,
        askRead: askReadShopWrites,
        askWrite: askWriteShop,
        searchPath: ['shop'],
      })
      const acceptance = new Acceptance()
      const invalid: string[] = []
      let [failing, failingElsewhere, both, changed, stricter] = [0, 0, 0, 0, 0]
      await inLanes(STATEMENTS, LANES, async (index, lane) => {
        const { raw, oracle, tamed } = lanes[lane] as (typeof lanes)[number]
        const { sent, expanded, parameters, features } = generateWrite(SEED + index, SHOP_WRITE_SCHEMA)
        const place = `seed ${SEED + index}:\n${sent}\n${expanded}\n${parameters}`
        let statement: ScopedStatement | undefined
        let refusal = ''
        try {
          statement = rewrite(ann, sent, parameters)
        } catch (error) {
          if (!isLockstepError(error)) throw error
          refusal = error.message
        }
        const [expected, answer] = await Promise.all([
          write(oracle, { text: expanded, parameters }),
          statement && write(raw, statement),
        ])
        const all = `${place}\n${statement?.text}`
        if (expected.error !== undefined) {
          if (NOT_OF_DATA.test(expected.error)) {
            invalid.push(`${expected.error}\n${place}`)
          } else if (REFUSED.test(expected.error)) {
            both += 1
            if (!answer || answer.error !== undefined) return
            // natively a row is judged that then is not inserted
            expect([...features], `${expected.error}\n${JSON.stringify(answer)}\n${all}`).toContain(
              'on conflict do nothing',
            )
            if (!features.has('cte that writes'))
              expect(
                answer.added.filter((row) => !mayBeCreated(row)),
                all,
              ).toEqual([])
          } else {
            // of which row an error comes, the two need not agree
            failing += 1
          }
          return
        }
        acceptance.drawn(features)
        if (!answer) {
          acceptance.refused(refusal)
          return
        }
        if (answer.error !== undefined) {
          expect(answer.error, all).not.toMatch(NOT_OF_DATA)
          if (answer.error === 'denied') {
            // of every row that comes of it, whichever way it came, both are demanded
            expect([...features], all).toContain('on conflict do update')
            stricter += 1
            acceptance.refused('denied as it ran')
            return
          }
          expect(await write(tamed, statement as ScopedStatement), all).toEqual(answer)
          failingElsewhere += 1
          return
        }
        expect(answer, all).toEqual(expected)
        if (answer.added.length + answer.removed.length > 0) changed += 1
        acceptance.accepted(features)
      })
      console.info(
        `PostgreSQL ${version}, seed ${SEED}: ${STATEMENTS} writes, ${changed} changed something, ${both} were refused both ways, ${failing} failed on visible data, ` +
          `${failingElsewhere} only rewritten, ${stricter} denied only rewritten, ${invalid.length} not valid\n${acceptance.report()}`,
      )
      expect(invalid.length, invalid.slice(0, 5).join('\n\n')).toBeLessThanOrEqual(STATEMENTS / 100)
      expect(acceptance.share(), acceptance.report()).toBeGreaterThanOrEqual(ACCEPTED)
      expect(acceptance.never()).toEqual([])
    },
    within(3_600_000),
  )
})
