import { floorStatements, loadParser, nameRoles } from '@lockstep/execution'
import { planConfiguredFloor } from '@lockstep/mcp'
import { guardPool } from '@lockstep/pg'
import { createDecisionPoint } from '@lockstep/policy'
import { compare } from './compare.mjs'
import { refuseOtherRows } from './measure-native.mjs'
import { openInstance } from './open-instance.mjs'
import { policyFolder } from './rewriter.mjs'
import { STATEMENTS } from './statements.mjs'
import { PEOPLE, READER, tradeTables } from './world.mjs'

const APP = 'floor_app'
const WRITER = 'floor_writer'
const SCHEMA = 'lockstep_floor'

/** Measures a guarded pool over a floor; see the header of run.mjs. It lays the floor, so it comes last. */
export async function measureFloor(postgres, size) {
  await layFloor(postgres.pool())
  const reader = postgres.pool(READER)
  const database = { query: (text, values) => reader.query(text, values) }
  const instance = await openInstance(database, { floor: { writer: postgres.pool(WRITER) } })
  const { lockstep } = instance
  const without = guardPool({ execution: withoutHandle(lockstep.execution) }, reader)
  const connectionString = postgres.connectionString.replace('//postgres@', `//${APP}@`)
  const kept = guardPool(lockstep, { connectionString, max: 4 })
  const shared = guardPool(lockstep, postgres.pool(APP))
  const { subject, share } = PEOPLE.at(-1)
  const caller = await instance.callerOf(subject)
  const { parameters, plain: text } = STATEMENTS.point
  const other = () => without.query(text, parameters)
  const measures = {}
  const pools = { kept: [kept, 'a pool of its own'], shared: [shared, 'a pool that others use as well'] }
  for (const [name, [pool, says]] of Object.entries(pools)) {
    const own = () => pool.query(text, parameters)
    await caller.call(() => refuseOtherRows(own, other, 'point'))
    measures[`floor-point-${name}`] = {
      says: `over a floor, over the same without one: point lookup, ${share} % visible, ${says}`,
      value: await compare(own, other, { ...size, round: caller.call }),
      ...(name === 'kept' ? { atMost: 1.5 } : {}),
    }
  }
  await kept.end()
  await caller.close()
  await instance.close()
  return measures
}

/** The same guard where the database is not told who is calling. */
function withoutHandle(execution) {
  const handle = async () => undefined
  return {
    ...execution,
    enter() {
      const work = execution.enter()
      return { ...work, handle, admit: async (...given) => ({ ...(await work.admit(...given)), handle }) }
    },
  }
}

async function layFloor(pool) {
  await loadParser()
  const { folder, remove } = policyFolder()
  const plan = planConfiguredFloor({ tables: tradeTables }, createDecisionPoint({ folder }))
  remove()
  const roles = nameRoles({ role: APP, writer: WRITER }, SCHEMA)
  await pool.query(`create role ${APP} login; create role ${WRITER} login`)
  await pool.query(`begin; set local search_path = pg_catalog, pg_temp; ${floorStatements(plan, roles, SCHEMA)} commit`)
}
