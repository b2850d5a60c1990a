import { LockstepError } from '@lockstep/core'
import type { CapturedWork, ExecutionGuard } from '@lockstep/execution'
import { answerOf } from './answer-of.ts'
import type { GuardedResult } from './driver.ts'
import { openCursor, type StreamOptions } from './open-cursor.ts'
import { readStatement, type StatementConfig } from './read-statement.ts'
import { type RowStream, streamOf } from './row-stream.ts'
import type { TransactionSession } from './transaction-session.ts'

/**
 * A transaction of one call, or of system work. It ends with what opened it at the latest: then it is rolled back and its connection is closed.
 * A statement under another call is refused, and rolls it back as well.
 */
export class GuardedTransaction {
  readonly #guard: ExecutionGuard
  readonly #session: TransactionSession
  /** The savepoint that this is the inside of. */
  readonly #inside: string | undefined
  readonly #savepoints: { readonly given: string; readonly name: string }[] = []
  #hasInner = false
  #isDone = false

  /** Made by a guarded client. */
  constructor(guard: ExecutionGuard, session: TransactionSession, inside?: string) {
    this.#guard = guard
    this.#session = session
    this.#inside = inside
  }

  /** Whether it was committed or rolled back, by whomever. */
  get isOver(): boolean {
    return this.#isDone || this.#session.isOver
  }

  /** Runs one statement in it; otherwise as `query` of the client. After one that failed, only a rollback is possible. */
  async query<Row = Record<string, unknown>>(
    statement: string | StatementConfig,
    values?: readonly unknown[],
    ...further: readonly unknown[]
  ): Promise<GuardedResult<Row>> {
    const work = this.#enter()
    const { text, parameters, options } = readStatement(statement, values, further)
    const admitted = await work.admit(text, parameters)
    this.#assertInnermost()
    return answerOf(await this.#session.run(admitted, options))
  }

  /** Reads a statement's rows little by little, as `stream` of the client. Other statements may run meanwhile. */
  stream<Row = Record<string, unknown>>(
    statement: string | StatementConfig,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): RowStream<Row> {
    return streamOf<Row>(this.#guard, this.#enter.bind(this), async (work) => {
      const given = readStatement(statement, values, [])
      return openCursor(this.#session, await work.admit(given.text, given.parameters), given, options)
    })
  }

  /**
   * Runs a function in a transaction inside this one: a savepoint. What it did is undone if it rejects, and this one goes on. Until it is done,
   * nothing else runs in this one.
   */
  async transaction<T>(work: (transaction: GuardedTransaction) => Promise<T>): Promise<T> {
    this.#enter()
    this.#hasInner = true
    try {
      const savepoint = await this.#session.savepoint()
      return await new GuardedTransaction(this.#guard, this.#session, savepoint).complete(work)
    } finally {
      this.#hasInner = false
    }
  }

  /** Sets a savepoint of any name; one that was set before by the same name is hidden until this one is released. */
  async savepoint(given: string): Promise<void> {
    this.#enter()
    this.#savepoints.push({ given, name: await this.#session.savepoint() })
  }

  /** Undoes what happened since a savepoint, also what failed; the savepoint stays. */
  async rollbackTo(given: string): Promise<void> {
    this.#enter()
    const place = this.#placeOf(given)
    await this.#session.rollbackTo(this.#savepoints[place]?.name ?? '')
    this.#savepoints.splice(place + 1)
  }

  /** Forgets a savepoint, and those that were set after it; what happened since stays. */
  async releaseSavepoint(given: string): Promise<void> {
    this.#enter()
    const place = this.#placeOf(given)
    await this.#session.releaseSavepoint(this.#savepoints[place]?.name ?? '')
    this.#savepoints.splice(place)
  }

  /** Commits. Rejects, and nothing is committed, when a statement failed, the call is over, or PostgreSQL says so. */
  async commit(): Promise<void> {
    this.#enter()
    this.#isDone = true
    if (this.#inside === undefined) await this.#session.commit()
    else await this.#session.releaseSavepoint(this.#inside)
  }

  /** Rolls back. It does nothing when the transaction is over, and may be called by anybody at any time. */
  async rollback(): Promise<void> {
    if (this.isOver) return
    this.#isDone = true
    if (this.#inside === undefined) return this.#session.rollback()
    await this.#session.rollbackTo(this.#inside)
    await this.#session.releaseSavepoint(this.#inside)
  }

  /** Runs a function in it and ends it: by a commit, or by a rollback when the function rejects. */
  async complete<T>(work: (transaction: GuardedTransaction) => Promise<T>): Promise<T> {
    let result: T
    try {
      result = await work(this)
    } catch (error) {
      // the reason is what the caller wants to hear of
      await this.rollback().catch(() => undefined)
      throw error
    }
    try {
      await this.commit()
    } catch (error) {
      this.#isDone = false
      await this.rollback().catch(() => undefined)
      throw error
    }
    return result
  }

  // INVARIANT: this runs in the caller's own turn, before anything is waited for.
  #enter(): CapturedWork {
    let work: CapturedWork
    try {
      work = this.#guard.enter()
    } catch (error) {
      this.#session.abandon()
      throw error
    }
    this.#session.assertOwner(work)
    if (this.isOver) throw new LockstepError('execution.no-call', 'the transaction is over')
    this.#assertInnermost()
    return work
  }

  #assertInnermost(): void {
    if (this.#hasInner) {
      throw new LockstepError('execution.statement-unsupported', 'use the inner transaction until it is done')
    }
  }

  #placeOf(given: string): number {
    const place = this.#savepoints.findLastIndex((savepoint) => savepoint.given === given)
    if (place < 0) throw new LockstepError('execution.statement-unsupported', 'no such savepoint')
    return place
  }
}
