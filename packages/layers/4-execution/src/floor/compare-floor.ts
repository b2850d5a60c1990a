import { LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'
import { quoteName } from '../database/quote.ts'
import type { FloorPlan } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'
import { type FloorSnapshot, readFloor } from './floor-snapshot.ts'
import { floorStatements } from './print-floor.ts'
import { findWaysAround } from './way-around.ts'

/** One thing that is not as the floor would have it. */
export interface FloorDifference {
  /** What it is about: a policy, a grant, a function, a role, a relation. */
  readonly at: string
  readonly says: string
}

/** Milliseconds that laying the floor waits for others, who wait for it meanwhile. */
const MOST_LOCK_MS = 2_000

/**
 * Compares a live database with the floor that would be laid: it is laid in a transaction that is rolled back, so that the database itself
 * writes down both. Nothing is changed; the mapped tables are locked for as long as that takes.
 *
 * Rejects with `execution.database-failed`.
 *
 * @param query runs statements one after the other in one session of a role that could lay the floor; with no parameters, several in one text
 */
export async function compareFloor(
  plan: FloorPlan,
  roles: NamedRoles,
  schema: string,
  query: Query,
): Promise<readonly FloorDifference[]> {
  await query('BEGIN', [])
  try {
    const around = await findWaysAround(plan, roles.role, schema, query)
    const now = await readFloor(plan, roles, schema, query)
    await query(`SET LOCAL lock_timeout = ${MOST_LOCK_MS}; SET LOCAL search_path = pg_catalog, pg_temp`, [])
    await query('SAVEPOINT floor', [])
    try {
      // a table that is there would be left as it is
      const calls = `DROP TABLE IF EXISTS ${quoteName(schema)}.calls;`
      await query(`${calls}\n${floorStatements(plan, roles, schema)}`, [])
    } catch (error) {
      const says = raised(error)
      await query('ROLLBACK TO SAVEPOINT floor', [])
      return [...around, { at: 'the floor', says: `could not be laid: ${says}` }]
    }
    await query('RESET search_path', [])
    return [...around, ...differences(now, await readFloor(plan, roles, schema, query))]
  } finally {
    await query('ROLLBACK', [])
  }
}

/** What the floor's own statements say; of any other error the class, because its text can quote a row. */
function raised(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error'
  const state = 'code' in error ? String(error.code) : ''
  if (state === 'P0001') return error.message
  if (state === '42501')
    return 'the role of this connection may not: it takes a superuser, or the owner of the tables who may make roles'
  if (state === '55P03') return 'a table was in use for too long'
  throw new LockstepError('execution.database-failed', `SQLSTATE class ${state.slice(0, 2)}`, { cause: error })
}

function differences(now: FloorSnapshot, laid: FloorSnapshot): readonly FloorDifference[] {
  const places = [...new Set([...now.keys(), ...laid.keys()])].sort()
  return places.flatMap((at) => {
    if (!now.has(at)) return [{ at, says: 'is missing' }]
    if (!laid.has(at)) return [{ at, says: 'is not of the floor' }]
    return now.get(at) === laid.get(at) ? [] : [{ at, says: 'is another one' }]
  })
}
