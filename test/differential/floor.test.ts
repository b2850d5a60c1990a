import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthorizedCall, isLockstepError } from '@lockstep/core'
import { createRewriter, floorStatements, loadParser, nameRoles, openFloor } from '@lockstep/execution'
import { planConfiguredFloor } from '@lockstep/mcp'
import { createDecisionPoint } from '@lockstep/policy'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAskAccess } from '../../packages/bindings/mcp/src/create-ask-access.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { FLOOR_WORLD_DATA, FLOOR_WORLD_SCHEMA, floorTables } from '../fixtures/floor/floor-world.ts'
import { APP, createFloorRoles, FLOOR, scriptOf, WRITER } from '../fixtures/floor/lay-floor.ts'
import { runs, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { drawFacts, drawPolicies, PLAIN_POLICIES, type Random, randomOf } from './floor-policies.ts'
import { startPostgres, type TestPostgres, VERSIONS } from './postgres.ts'

/** The first set's seed; each has the next one. `SEED=<seed of a set> SETS=1` draws that one again. */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const SETS = { 18: Number(process.env.SETS ?? runs(25)), 15: Number(process.env.SETS ?? runs(8)) }
const PEOPLE = 6
const ACTOR = 'spiffe://expense.example/agents/planner-42'
const CONFIGURATION = { tables: floorTables }

/**
 * A row with a cell that is no value of its attribute (`NaN`, `infinity`, a NULL in an array) is not seen where a policy reads the cell. The
 * rewriter knows who asks, and may not need to read it: there the floor is narrower.
 */
const isWhole = (id: unknown): boolean => [17, 19, 23].every((odd) => Number(id) % odd > 0)

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let own: pg.Pool
  let app: pg.Pool
  let writer: pg.Pool
  let folder: string

  beforeAll(async () => {
    await loadParser()
    postgres = await startPostgres({ version })
    own = postgres.pool()
    await own.query(FLOOR_WORLD_DATA)
    await createFloorRoles(postgres)
    app = postgres.pool(APP)
    writer = postgres.pool(WRITER)
    folder = await mkdtemp(join(tmpdir(), 'lockstep-floor-'))
    await writeFile(join(folder, 'schema.cedarschema'), FLOOR_WORLD_SCHEMA)
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await postgres?.stop()
  })

  /** Lays the floor of a set of policies; resolves to what shows the documents of a call, by the rewriter and by the floor. */
  async function lay(policies: string) {
    await writeFile(join(folder, 'policies.cedar'), policies)
    const point = createDecisionPoint({ folder })
    const plan = planConfiguredFloor(CONFIGURATION as never, point)
    await own.query(scriptOf(floorStatements(plan, nameRoles({ role: APP }, FLOOR), FLOOR)))
    const { rewrite } = createRewriter({ tables: floorTables, ...createAskAccess(point), searchPath: ['app'] })
    const query = async (text: string, values: unknown[]) => (await writer.query(text, values)).rows
    const floor = openFloor({ facts: () => plan, query })
    return {
      async rewritten(call: AuthorizedCall): Promise<readonly unknown[]> {
        try {
          const { text, parameters } = rewrite(call, 'select id from docs order by id', [])
          return (await own.query(text, [...parameters])).rows.map(({ id }) => id)
        } catch (error) {
          // what cannot be decided is denied
          if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return []
          throw error
        }
      },
      async held(call?: AuthorizedCall): Promise<readonly unknown[]> {
        const client = await app.connect()
        try {
          await client.query("select set_config('lockstep.call', $1, false)", [
            call ? await floor.handleOf(call) : 'none',
          ])
          return (await client.query('select id from app.docs order by id')).rows.map(({ id }) => id)
        } catch (error) {
          // nothing is granted where no row can ever be seen
          if (error instanceof Error && 'code' in error && error.code === '42501') return []
          throw error
        } finally {
          await client.query("select set_config('lockstep.call', '', false)")
          client.release()
          if (call) await floor.end(call)
        }
      },
    }
  }

  /** Compares the two for some people; resolves to how many rows each of them sees. */
  async function compare(policies: string, seed: number, random: Random, people: number): Promise<readonly number[]> {
    const laid = await lay(policies).catch((error: unknown) => {
      // a policy that can never hold does not load
      if (isLockstepError(error) && error.code === 'policy.invalid') return undefined
      throw error
    })
    if (!laid) return []
    expect(await laid.held(), `seed ${seed}, without a call\n${policies}`).toEqual([])
    const counts: number[] = []
    for (let person = 0; person < people; person += 1) {
      const subject = `user:${person}`
      const entities = drawFacts(random, subject, ACTOR)
      const call = authorizedCall(subject, { facts: { entities, revision: `${seed}` } })
      const expected = await laid.rewritten(call)
      const place = `seed ${seed}, ${subject}\n${policies}\n${JSON.stringify(entities[0])}`
      const held = await laid.held(call)
      expect(held.filter(isWhole), place).toEqual(expected.filter(isWhole))
      expect(expected, place).toEqual(expect.arrayContaining([...held]))
      counts.push(expected.length)
    }
    return counts
  }

  test(
    proves('floor:rows:oracle', 'each condition by itself'),
    async () => {
      let some = 0
      for (const [index, policies] of PLAIN_POLICIES.entries()) {
        const counts = await compare(policies, index, randomOf(index), 3)
        if (counts.some((count) => count > 0 && count < 80)) some += 1
      }
      expect(some).toBeGreaterThan(PLAIN_POLICIES.length / 2)
    },
    within(600_000),
  )

  test(
    proves('floor:rows:oracle', 'generated policies and people'),
    async () => {
      const seen = { all: 0, none: 0, some: 0 }
      for (let index = 0; index < SETS[version]; index += 1) {
        const seed = SEED + index
        const random = randomOf(seed)
        for (const count of await compare(drawPolicies(random), seed, random, PEOPLE)) {
          seen[count === 0 ? 'none' : count === 80 ? 'all' : 'some'] += 1
        }
      }
      console.info(`PostgreSQL ${version}, seed ${SEED}: ${SETS[version]} sets of policies, ${JSON.stringify(seen)}`)
      // how much is shown by what is drawn depends on the seed; above it does not
      expect(seen.some).toBeGreaterThan(0)
    },
    within(600_000),
  )
})
