import { createHash, randomBytes } from 'node:crypto'
import { type AuthorizedCall, LockstepError } from '@lockstep/core'
import type { Query } from '../database/query.ts'
import { quoteName } from '../database/quote.ts'
import type { FloorFact } from './floor-facts.ts'
import { FLOOR_SCHEMA } from './plan-floor.ts'
import { tellFacts } from './tell-facts.ts'

/** Bytes of a handle: nobody guesses one. */
const HANDLE_BYTES = 32

/** Milliseconds for which a call that is not over yet is known at least, whatever its deadline. */
const LEAST_MS = 1_000

/** Milliseconds after which a call that has no end is not known any more. */
const MOST_MS = 86_400_000

/** Tells the database who is calling. */
export interface Floor {
  /**
   * The handle of a call, by which the database knows it while it lasts. It is written down once, when it is first asked for.
   *
   * Rejects with `execution.database-failed` when it cannot be written down.
   */
  handleOf(call: AuthorizedCall): Promise<string>
  /** Takes the handle of a call back. */
  end(call: AuthorizedCall): Promise<void>
}

/**
 * Compares the floor in the database with what would be told of calls: by another version no call is known.
 *
 * Rejects with `configuration.invalid` where the two differ, and with `execution.database-failed`.
 */
export async function checkFloor({ facts, query, schema = FLOOR_SCHEMA }: OpenFloorOptions): Promise<void> {
  const rows = await query(`SELECT ${quoteName(schema)}.version() AS version`, []).catch((error: unknown) => {
    throw new LockstepError('execution.database-failed', '`floor`: its version could not be read by `writer`', {
      cause: error,
    })
  })
  if (rows[0]?.version === facts().version) return
  throw new LockstepError(
    'configuration.invalid',
    '`floor`: the one in the database is of other policies; lay it again with `lockstep rls generate`',
  )
}

/** What writes calls down. */
export interface OpenFloorOptions {
  /** What is to be told of a call now, and under which version. It is asked once for each call. */
  readonly facts: () => { readonly facts: readonly FloorFact[]; readonly version: string }
  /** Runs a statement as the role that writes calls, never as the application's. */
  readonly query: Query
  /** @defaultValue `lockstep_floor` */
  readonly schema?: string | undefined
  /** Milliseconds since the epoch. @defaultValue the machine's clock */
  readonly clock?: (() => number) | undefined
}

/** Opens what writes calls down. */
export function openFloor({ facts, query, schema = FLOOR_SCHEMA, clock = Date.now }: OpenFloorOptions): Floor {
  const calls = `${quoteName(schema)}.calls`
  const insert = `INSERT INTO ${calls} (handle, version, subject, actor, facts, expires_at) VALUES (pg_catalog.decode($1, 'hex'), $2, $3, $4, $5::pg_catalog.jsonb, pg_catalog.clock_timestamp() + $6::pg_catalog.int8 * interval '1 millisecond')`
  // whatever a process that died left behind goes with it
  const remove = `DELETE FROM ${calls} WHERE handle = pg_catalog.decode($1, 'hex') OR expires_at < pg_catalog.clock_timestamp()`
  const handles = new Map<AuthorizedCall, Promise<string>>()

  async function write(call: AuthorizedCall): Promise<string> {
    const handle = randomBytes(HANDLE_BYTES).toString('base64url')
    const { facts: asked, version } = facts()
    const told = JSON.stringify(tellFacts(asked, call))
    const left = Math.ceil(Math.min(Math.max(call.deadline - clock(), LEAST_MS), MOST_MS))
    const { subject, actor } = call.caller
    // INVARIANT: the handle itself is nowhere but in the sessions of its call.
    await query(insert, [digestOf(handle), version, subject.id, actor.id, told, String(left)]).catch(
      (error: unknown) => {
        throw new LockstepError('execution.database-failed', 'the call could not be written down for the floor', {
          cause: error,
        })
      },
    )
    return handle
  }

  return {
    handleOf(call) {
      const known = handles.get(call)
      if (known) return known
      const written = write(call)
      handles.set(call, written)
      // what failed may succeed with the next statement
      written.catch(() => handles.delete(call))
      return written
    },
    async end(call) {
      const written = handles.get(call)
      handles.delete(call)
      const handle = await written?.catch(() => undefined)
      if (handle !== undefined) await query(remove, [digestOf(handle)])
    },
  }
}

function digestOf(handle: string): string {
  return createHash('sha256').update(handle).digest('hex')
}
