import { LockstepError, refuseUnknownOptions } from '@lockstep/core'
import type { ExecutionGuard } from '@lockstep/execution'
import { databaseFailure, type OnDatabaseError } from './database-failure.ts'
import type { ConnectionSource, Driver, DriverResult, GuardedResult } from './driver.ts'

/** The part of a Lockstep instance that guards clients. */
export interface ExecutionHandle {
  readonly execution: ExecutionGuard
}

/** How a client is guarded. */
export interface GuardedClientOptions {
  /**
   * Takes database errors in full. They can hold data of hidden rows: send them to the server's own log only.
   * @defaultValue they are dropped
   */
  readonly onDatabaseError?: OnDatabaseError | undefined
}

/**
 * A database client that sends only what the current call may see. The raw client cannot be reached through it.
 */
export class GuardedClient {
  readonly #guard: ExecutionGuard
  readonly #source: ConnectionSource
  readonly #onDatabaseError: OnDatabaseError | undefined
  #ended = false

  constructor(lockstep: ExecutionHandle, driver: Driver | ConnectionSource, options: GuardedClientOptions = {}) {
    refuseUnknownOptions(options, ['onDatabaseError'], 'guardClient()')
    const { onDatabaseError } = options
    if (typeof lockstep?.execution?.admit !== 'function') throw new TypeError('`lockstep` is not a Lockstep instance')
    this.#guard = lockstep.execution
    this.#source = 'acquire' in driver ? driver : sourceOf(driver)
    this.#onDatabaseError = onDatabaseError
  }

  /**
   * Runs one statement under the call in whose course this method is called.
   *
   * Rejects with `execution.no-call` outside a call, with the code of a refusal, or with `execution.database-failed`; what the
   * database said stays on this side.
   */
  async query<Row = Record<string, unknown>>(
    text: string,
    parameters: readonly unknown[] = [],
  ): Promise<GuardedResult<Row>> {
    if (this.#ended) throw new LockstepError('execution.no-call', 'the client was ended')
    // INVARIANT: the call is captured here, synchronously; a pool may wake this function up in another call's context.
    const statement = await this.#guard.admit(text, parameters)
    let sent = false
    let result: DriverResult
    try {
      result = await this.#send(statement.text, statement.parameters, () => {
        // a call can be answered while its statement waits for a connection
        statement.assertOpen()
        sent = true
      })
    } catch (error) {
      // an error can tell of rows as well as rows can
      if (sent) await statement.settle('failed', (sql, values) => this.#ask(sql, values))
      throw error
    }
    // INVARIANT: nothing of the answer is looked at by anybody before this. The connection is free again, so that what is asked
    // and recorded here cannot wait for it.
    await statement.settle(result.rows, (sql, values) => this.#ask(sql, values))
    const rows = [...result.rows] as Row[]
    return { rows, rowCount: result.rowCount ?? result.affectedRows ?? rows.length, fields: result.fields ?? [] }
  }

  async #send(text: string, parameters: readonly unknown[], beforeSending: () => void): Promise<DriverResult> {
    try {
      const connection = await this.#source.acquire()
      try {
        beforeSending()
        return await connection.query(text, [...parameters])
      } finally {
        connection.release()
      }
    } catch (error) {
      throw databaseFailure(error, this.#onDatabaseError)
    }
  }

  /** A question of Lockstep's own, past the guard. */
  async #ask(text: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]> {
    const { rows } = await this.#send(text, parameters, () => undefined)
    return rows as Record<string, unknown>[]
  }

  /** Refused: a connection of one's own is a way around the guard. */
  connect(): Promise<never> {
    return Promise.reject(
      new LockstepError('execution.statement-unsupported', 'use `query`: connections are not lent out'),
    )
  }

  /** Refuses every further statement, and closes what was opened here. A client that was passed in stays open. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#source.end()
  }
}

/**
 * Guards an existing client, for example a PGlite instance. The raw client must not be handed to tool handlers.
 *
 * @example
 * ```ts
 * const db = guardClient(lockstep, new PGlite('./data'))
 * const { rows } = await db.query('SELECT * FROM expenses')
 * ```
 */
export function guardClient(lockstep: ExecutionHandle, driver: Driver, options?: GuardedClientOptions): GuardedClient {
  return new GuardedClient(lockstep, driver, options)
}

function sourceOf(driver: Driver): ConnectionSource {
  if (typeof driver.query !== 'function') throw new TypeError('the driver has no `query`')
  const connection = {
    query: (text: string, parameters: unknown[]) => driver.query(text, parameters),
    release: () => undefined,
  }
  return { acquire: async () => connection, end: async () => undefined }
}
