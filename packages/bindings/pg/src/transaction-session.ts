import { LockstepError } from '@lockstep/core'
import type { AdmittedStatement, CapturedWork, Query } from '@lockstep/execution'
import { asWritten, rowsByName, rowsFor } from './answer-of.ts'
import { databaseFailure, failedAs, type OnDatabaseError } from './database-failure.ts'
import type { ConnectionTransactions, DriverResult, LentConnection, StatementOptions } from './driver.ts'

/** What a transaction is made of. */
export interface TransactionParts {
  readonly connection: LentConnection
  readonly transactions: ConnectionTransactions
  /** The work that opened it. */
  readonly owner: CapturedWork
  readonly onDatabaseError: OnDatabaseError | undefined
}

/** SQLSTATEs with which PostgreSQL gives a transaction up to let another one through. */
const GIVEN_UP = ['40001', '40P01']

/**
 * One open transaction on a connection of its own: what may run in it, in which order, and how it ends.
 *
 * - Statements run one after another. Each is looked at when it is its turn: the work may be over by then, or the transaction.
 * - When a statement fails, the transaction is rolled back at once to its innermost savepoint, or as a whole. PostgreSQL would take nothing else
 *   from here on, and the labels of what the statement read can be asked for where it ran. Until the rollback is asked for, further statements
 *   are refused as PostgreSQL would.
 * - A write that fails is undone by itself, and the transaction goes on.
 * - When the work that opened it is over, it is rolled back and the connection is not lent again.
 */
export class TransactionSession {
  readonly #parts: TransactionParts
  readonly #savepoints: string[] = []
  readonly #unwatch: () => void
  #last: Promise<unknown> = Promise.resolve()
  #failure: LockstepError | undefined
  #isGivenUp = false
  #isOver = false
  #isUsed = false
  #isPinned = true
  #isHeld = false
  #names = 0

  constructor(parts: TransactionParts) {
    this.#parts = parts
    this.#unwatch = parts.owner.watch(() => this.abandon())
  }

  /** Whether it was committed, rolled back or abandoned. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it failed so that the same again may succeed. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  /** A name that nothing else in this transaction has. */
  nextName(): string {
    this.#names += 1
    return `lockstep_${this.#names}`
  }

  /** Refuses work that is not the owner's, and ends the transaction then: whoever mixes calls up shall not go on. */
  assertOwner(work: CapturedWork): void {
    if (this.#parts.owner.covers(work)) return
    this.abandon()
    throw new LockstepError('execution.no-call', 'the transaction belongs to another call')
  }

  /**
   * Sends one statement, and settles it. Nothing of its answer is looked at before. A write that fails takes back what it wrote itself and
   * nothing else; PostgreSQL has to be told before.
   */
  run(statement: AdmittedStatement, options?: StatementOptions): Promise<DriverResult> {
    return this.#take(async () => {
      const { connection, onDatabaseError } = this.#parts
      const ask: Query = (text, parameters) => this.#ask(text, parameters)
      statement.assertOpen()
      let result: DriverResult
      let mark: string | undefined
      try {
        if (!this.#isPinned && !statement.isOpaque) await this.#pin()
        if (statement.isOpaque) this.#markUsed()
        await this.#hold(statement)
        await statement.prepare?.(ask)
        mark = statement.write && (await this.#mark())
        const answer = await connection.query(
          statement.text,
          [...statement.parameters],
          rowsFor(statement.write, options),
        )
        result = asWritten(answer, statement.write)
        if (mark !== undefined) await connection.query(`RELEASE SAVEPOINT ${mark}`, [])
      } catch (error) {
        const failure = databaseFailure(error, onDatabaseError)
        // what was given up to let another transaction through has to be done anew as a whole
        if (mark === undefined || isGivenUp(error)) await this.#fail(failure, error)
        else await this.#undo(mark)
        await statement.settle(failedAs(failure), ask)
        throw failure
      }
      await statement.settle(rowsByName(result), ask, result.rows)
      return result
    })
  }

  /** Sends a text of Lockstep's own; `done` is called in the same turn. */
  control(text: string, done: () => void = () => undefined): Promise<void> {
    return this.#take(async () => {
      try {
        await this.#parts.connection.query(text, [])
      } catch (error) {
        const failure = databaseFailure(error, this.#parts.onDatabaseError)
        await this.#fail(failure, error)
        throw failure
      }
      done()
    })
  }

  /** Sets a savepoint. Resolves to its name. */
  async savepoint(): Promise<string> {
    const name = this.nextName()
    await this.control(`SAVEPOINT ${name}`, () => this.#savepoints.push(name))
    return name
  }

  /** Undoes what happened since the savepoint, and mends a failure that happened since. The savepoint stays. */
  rollbackTo(name: string): Promise<void> {
    return this.#take(async () => {
      await this.#send(`ROLLBACK TO SAVEPOINT ${name}`)
      this.#savepoints.splice(this.#savepoints.indexOf(name) + 1)
      // a lock that was taken since is given back
      this.#isHeld = false
      this.#failure = undefined
      this.#isGivenUp = false
    }, 'failed too')
  }

  /** Forgets the savepoint. */
  releaseSavepoint(name: string): Promise<void> {
    return this.#take(async () => {
      await this.#send(`RELEASE SAVEPOINT ${name}`)
      this.#savepoints.splice(this.#savepoints.indexOf(name))
    })
  }

  /** Commits; rejects when the transaction failed before, or PostgreSQL does not say that it is committed. */
  commit(): Promise<void> {
    return this.#take(async () => {
      const { owner, transactions, onDatabaseError } = this.#parts
      const failure = this.#failure
      try {
        owner.assertOpen()
        if (failure) throw failure
      } catch (error) {
        // a rollback that fails closes the connection, which is one as well
        await this.#rollBack().catch(() => undefined)
        throw error
      }
      try {
        await transactions.commit()
      } catch (error) {
        this.#isGivenUp = isGivenUp(error)
        this.#finish('broken')
        throw databaseFailure(error, onDatabaseError)
      }
      this.#finish()
    }, 'failed too')
  }

  /** Rolls everything back. Does nothing when the transaction is over. */
  async rollback(): Promise<void> {
    if (this.#isOver) return
    await this.#take(() => this.#rollBack(), 'failed too')
  }

  /** Ends it without waiting for anything: the connection is closed, and PostgreSQL rolls back. */
  abandon(): void {
    this.#finish('broken')
  }

  #take<T>(work: () => Promise<T>, state?: 'failed too'): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#isOver) throw new LockstepError('execution.no-call', 'the transaction is over')
      if (this.#failure && state === undefined) {
        throw new LockstepError('execution.database-failed', 'SQLSTATE class 25')
      }
      return work()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #rollBack(): Promise<void> {
    try {
      if (!this.#failure || this.#savepoints.length > 0) await this.#parts.transactions.rollback()
    } catch (error) {
      this.#finish('broken')
      throw databaseFailure(error, this.#parts.onDatabaseError)
    }
    this.#finish()
  }

  async #fail(failure: LockstepError, error: unknown): Promise<void> {
    this.#failure = failure
    this.#isHeld = false
    this.#isGivenUp = isGivenUp(error)
    const savepoint = this.#savepoints.at(-1)
    try {
      if (savepoint === undefined) await this.#parts.transactions.rollback()
      else await this.#parts.connection.query(`ROLLBACK TO SAVEPOINT ${savepoint}`, [])
    } catch {
      this.#finish('broken')
    }
  }

  /** Asks, before the first write of the transaction, whether the call is still permitted on what it is about: what it writes itself may change that. */
  async #hold({ held, assertHeld }: AdmittedStatement): Promise<void> {
    if (!held || this.#isHeld) return
    const { rows } = await this.#parts.connection.query(held.text, [...held.parameters])
    await assertHeld(rows.length)
    this.#isHeld = true
  }

  async #mark(): Promise<string> {
    const mark = this.nextName()
    await this.#parts.connection.query(`SAVEPOINT ${mark}`, [])
    return mark
  }

  async #undo(mark: string): Promise<void> {
    await this.#send(`ROLLBACK TO SAVEPOINT ${mark}`)
    await this.#send(`RELEASE SAVEPOINT ${mark}`)
  }

  async #send(text: string): Promise<void> {
    try {
      await this.#parts.connection.query(text, [])
    } catch (error) {
      this.#finish('broken')
      throw databaseFailure(error, this.#parts.onDatabaseError)
    }
  }

  /** A question of Lockstep's own, past the guard, where the statement ran. */
  async #ask(text: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]> {
    try {
      const { rows } = await this.#parts.connection.query(text, [...parameters])
      return rows as Record<string, unknown>[]
    } catch (error) {
      this.#finish('broken')
      throw databaseFailure(error, this.#parts.onDatabaseError)
    }
  }

  async #pin(): Promise<void> {
    await this.#parts.connection.pin?.()
    this.#isPinned = true
  }

  #markUsed(): void {
    this.#isUsed = true
    this.#isPinned = false
  }

  #finish(state?: 'broken'): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#unwatch()
    this.#parts.connection.release(state ?? (this.#isUsed ? 'used' : 'clean'))
  }
}

function isGivenUp(error: unknown): boolean {
  const state = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof state === 'string' && GIVEN_UP.includes(state)
}
