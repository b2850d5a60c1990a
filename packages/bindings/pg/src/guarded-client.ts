import { LockstepError, refuseUnknownOptions } from '@lockstep/core'
import type { AdmittedStatement, CapturedWork, ExecutionGuard, Query } from '@lockstep/execution'
import { answerOf, asWritten, rowsByName, rowsFor } from './answer-of.ts'
import { carryHandle } from './carry-handle.ts'
import { databaseFailure, failedAs, type OnDatabaseError } from './database-failure.ts'
import type {
  ConnectionSource,
  Driver,
  DriverResult,
  GuardedResult,
  LentConnection,
  StatementOptions,
} from './driver.ts'
import { GuardedTransaction } from './guarded-transaction.ts'
import { openCursor, readBatchSize, refuseWrite, type StreamOptions } from './open-cursor.ts'
import { isPglite, pgliteSource } from './pglite-source.ts'
import { readStatement, type StatementConfig } from './read-statement.ts'
import { type RowStream, streamOf } from './row-stream.ts'
import { type OpenTransactionOptions, readMode, readRetry, type TransactionOptions } from './transaction-options.ts'
import { TransactionSession } from './transaction-session.ts'

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

type SentStatement = Pick<AdmittedStatement, 'text' | 'parameters' | 'isOpaque' | 'isSteady'>

/** A stream of its own sees the rows, and their labels, as they are when it begins. */
const STREAM_MODE = ' ISOLATION LEVEL REPEATABLE READ, READ ONLY'

/**
 * A database client that sends only what the current call may see. The raw client cannot be reached through it.
 */
export class GuardedClient {
  readonly #guard: ExecutionGuard
  readonly #source: ConnectionSource
  readonly #onDatabaseError: OnDatabaseError | undefined
  #isEnded = false

  constructor(lockstep: ExecutionHandle, driver: Driver | ConnectionSource, options: GuardedClientOptions = {}) {
    refuseUnknownOptions(options, ['onDatabaseError'], 'guardClient()')
    const { onDatabaseError } = options
    if (typeof lockstep?.execution?.enter !== 'function') throw new TypeError('`lockstep` is not a Lockstep instance')
    this.#guard = lockstep.execution
    this.#source = 'acquire' in driver ? driver : sourceOf(driver)
    this.#onDatabaseError = onDatabaseError
  }

  /**
   * Runs one statement under the call in whose course this method is called: `query(text, values)`, or
   * `query({ text, values, rowMode })`.
   *
   * Rejects with `execution.no-call` outside a call, with the code of a refusal, or with `execution.database-failed`; what the
   * database said stays on this side.
   */
  async query<Row = Record<string, unknown>>(
    statement: string | StatementConfig,
    values?: readonly unknown[],
    ...further: readonly unknown[]
  ): Promise<GuardedResult<Row>> {
    // INVARIANT: the call is captured here, synchronously; a pool may wake this function up in another call's context.
    const work = this.#enter()
    const { text, parameters, options } = readStatement(statement, values, further)
    const admitted = await work.admit(text, parameters)
    return answerOf(await (admitted.held ? this.#runHeld(work, admitted, options) : this.#run(admitted, options)))
  }

  /**
   * Runs a function in a transaction, and commits, or rolls back when it rejects. The transaction belongs to the call in whose course this
   * method is called, and ends with it. Use the transaction that the function is given: statements of the client itself run outside of it.
   *
   * Rejects with what the function rejects with, and as `query` does; a commit that fails is a failure.
   *
   * @example
   * ```ts
   * const total = await pool.transaction(async (tx) => {
   *   const { rows } = await tx.query('SELECT amount FROM expenses WHERE dept_id = $1', [42])
   *   return rows.length
   * }, { isolation: 'repeatable read', retry: 2 })
   * ```
   */
  async transaction<T>(
    work: (transaction: GuardedTransaction) => Promise<T>,
    { retry, ...options }: TransactionOptions = {},
  ): Promise<T> {
    const owner = this.#enter()
    const mode = readMode(options)
    for (let retries = readRetry(retry); ; retries -= 1) {
      const session = await this.#open(owner, mode)
      try {
        return await new GuardedTransaction(this.#guard, session).complete(work)
      } catch (error) {
        if (!session.isGivenUp || retries === 0) throw error
      }
    }
  }

  /** Opens a transaction that is ended by its own `commit` or `rollback`, or with the call. Rather use `transaction`. */
  async begin(options: OpenTransactionOptions = {}): Promise<GuardedTransaction> {
    const owner = this.#enter()
    return new GuardedTransaction(this.#guard, await this.#open(owner, readMode(options)))
  }

  /**
   * Reads the rows of one statement little by little, from a transaction of its own that only reads. The stream belongs to the call in whose
   * course this method is called; it ends with it, and when the loop is left.
   *
   * Throws `execution.no-call` outside a call; iterating rejects as `query` does.
   *
   * @example
   * ```ts
   * for await (const row of pool.stream('SELECT * FROM expenses', [], { batchSize: 500 })) console.log(row)
   * ```
   */
  stream<Row = Record<string, unknown>>(
    statement: string | StatementConfig,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): RowStream<Row> {
    readBatchSize(options)
    return streamOf<Row>(
      this.#guard,
      () => this.#enter(),
      async (work) => {
        const given = readStatement(statement, values, [])
        const admitted = await work.admit(given.text, given.parameters)
        refuseWrite(admitted)
        // a text that was not looked at may do more than read
        const session = await this.#open(work, admitted.isOpaque ? '' : STREAM_MODE)
        try {
          const cursor = await openCursor(session, admitted, given, options)
          return { read: cursor.read, close: () => closeWith(session, cursor.close) }
        } catch (error) {
          await session.rollback().catch(() => undefined)
          throw error
        }
      },
    )
  }

  /** Refused: a connection of one's own is a way around the guard. */
  connect(): Promise<never> {
    return Promise.reject(
      new LockstepError(
        'execution.statement-unsupported',
        'use `query` or `transaction`: connections are not lent out',
      ),
    )
  }

  /** Refuses every further statement, and closes what was opened here. A client that was passed in stays open. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    await this.#source.end()
  }

  #enter(): CapturedWork {
    if (this.#isEnded) throw new LockstepError('execution.no-call', 'the client was ended')
    return this.#guard.enter()
  }

  /** A write that asks a question first needs a transaction for both. */
  async #runHeld(work: CapturedWork, statement: AdmittedStatement, options?: StatementOptions): Promise<DriverResult> {
    const session = await this.#open(work, '')
    try {
      const result = await session.run(statement, options)
      await session.commit()
      return result
    } catch (error) {
      await session.rollback().catch(() => undefined)
      throw error
    }
  }

  async #run(statement: AdmittedStatement, options?: StatementOptions): Promise<DriverResult> {
    let sent = false
    let result: DriverResult
    // INVARIANT: nothing is waited for where there is nothing to wait for: each wait costs promises, and a turn.
    const handle = statement.handle && (await statement.handle())
    const ask: Query = (text, parameters) => this.#ask(text, parameters, handle)
    const prepared = statement.prepare?.(ask)
    if (prepared) await prepared
    try {
      const answer = await this.#send(statement, handle, rowsFor(statement.write, options), () => {
        // a call can be answered while its statement waits for a connection
        statement.assertOpen()
        sent = true
      })
      result = asWritten(answer, statement.write)
    } catch (error) {
      // an error can tell of rows as well as rows can
      if (sent) await statement.settle(failedAs(error), ask)
      throw error
    }
    // INVARIANT: nothing of the answer is looked at by anybody before this. The connection is free again, so that what is asked
    // and recorded here cannot wait for it.
    const settled = statement.settle(rowsByName(result), ask, result.rows)
    if (settled) await settled
    return result
  }

  async #send(
    { text, parameters, isOpaque, isSteady }: SentStatement,
    handle: string | undefined,
    options: StatementOptions | undefined,
    beforeSending: () => void,
  ): Promise<DriverResult> {
    try {
      const connection = await this.#source.acquire()
      let isUsed = false
      try {
        const carried = carryHandle(connection, handle)
        if (carried) await carried
        beforeSending()
        isUsed = isOpaque
        const { query, queryAgain = query } = connection
        return await (isOpaque ? query : queryAgain)(text, [...parameters], options, isSteady)
      } finally {
        connection.release(isUsed ? 'used' : 'clean')
      }
    } catch (error) {
      throw databaseFailure(error, this.#onDatabaseError)
    }
  }

  /** A question of Lockstep's own, past the guard. */
  async #ask(
    text: string,
    parameters: readonly unknown[],
    handle: string | undefined,
  ): Promise<readonly Record<string, unknown>[]> {
    const { rows } = await this.#send({ text, parameters, isOpaque: false }, handle, undefined, () => undefined)
    return rows as Record<string, unknown>[]
  }

  async #open(owner: CapturedWork, mode: string): Promise<TransactionSession> {
    let connection: LentConnection | undefined
    let isBegun = false
    try {
      const handle = await owner.handle?.()
      connection = await this.#source.acquire()
      const { transactions } = connection
      if (!transactions) throw new LockstepError('execution.statement-unsupported', 'the driver has no transactions')
      await carryHandle(connection, handle)
      // a call can be answered while it waits for a connection
      owner.assertOpen()
      isBegun = true
      await transactions.begin(mode)
      return new TransactionSession({ connection, transactions, owner, onDatabaseError: this.#onDatabaseError })
    } catch (error) {
      connection?.release(isBegun ? 'broken' : 'clean')
      throw databaseFailure(error, this.#onDatabaseError)
    }
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

async function closeWith(session: TransactionSession, closeCursor: () => Promise<void>): Promise<void> {
  await closeCursor().catch(() => undefined)
  // what trusted work did while it was read is kept; one that failed is rolled back
  await session.commit().catch(() => undefined)
}

function sourceOf(driver: Driver): ConnectionSource {
  if (typeof driver.query !== 'function') throw new TypeError('the driver has no `query`')
  if (isPglite(driver)) return pgliteSource(driver)
  const connection = {
    query: (text: string, parameters: unknown[], options?: StatementOptions) => driver.query(text, parameters, options),
    release: () => undefined,
  }
  return { acquire: async () => connection, end: async () => undefined }
}
