import { createHash } from 'node:crypto'
import { inTime, LockstepError } from '@lockstep/core'
import { createQualify, type Database, type Execute, quoteName, unavailable } from '../sql/database.ts'
import { binaryBigints } from './binary-bigints.ts'
import type { PoolShape } from './pool-shape.ts'

/** A database that is reached through a pool. */
export interface PoolDatabase extends Database {
  /** Puts the schema before the tables of a statement. */
  qualify(sql: string): string
  /**
   * Runs a migration in one transaction, while no other instance runs one. What it rejects with is passed on, and nothing was changed then.
   */
  migrate(migrate: (execute: Execute) => Promise<void>): Promise<void>
  /** Refuses from then on. */
  close(): void
}

/** A statement that did not answer by then has failed: whoever waits is denied. Milliseconds. */
const LONGEST_STATEMENT_MS = 10_000

/** Creates the statements of our stores over a pool. `schema` may be any name. */
export function createPoolDatabase(pool: PoolShape, schema: string): PoolDatabase {
  const qualify = createQualify(schema)
  const names = new Map<string, string>()
  let closed = false

  /** One name for one text, so that a pool that several programs use never has another statement under it. */
  function nameOf(text: string): string {
    const name = names.get(text) ?? `lockstep_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
    names.set(text, name)
    return name
  }

  async function run(sql: string, parameters: readonly unknown[]) {
    if (closed) throw new LockstepError('state.unavailable', 'the state is closed')
    const text = qualify(sql)
    const values = parameters.map((one) => (one instanceof BigInt64Array ? binaryBigints(one) : one))
    try {
      return await inTime(pool.query({ text, values, name: nameOf(text) }), LONGEST_STATEMENT_MS)
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  return {
    qualify,
    rows: async <Row>(sql: string, parameters: readonly unknown[]) => (await run(sql, parameters)).rows as Row[],
    change: async (sql, parameters) => (await run(sql, parameters)).rowCount ?? 0,
    async migrate(migrate) {
      const connection = await inTime(pool.connect(), LONGEST_STATEMENT_MS).catch((cause) => {
        throw unavailable(cause)
      })
      // without a listener, a connection that breaks between two statements would end the process
      connection.on('error', () => undefined)
      const execute: Execute = async <Row>(text: string, parameters?: readonly unknown[]) =>
        (await connection.query({ text, ...(parameters && { values: [...parameters] }) })).rows as Row[]
      try {
        await execute('begin')
        await execute('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`lockstep ${schema}`])
        await execute(`set local search_path to ${quoteName(schema)}`)
        await migrate(execute)
        await execute('commit')
        connection.release()
      } catch (error) {
        // Closing the connection rolls back, whatever state it is in.
        connection.release(true)
        throw error
      }
    },
    close() {
      closed = true
    },
  }
}
