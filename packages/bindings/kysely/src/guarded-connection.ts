import { LockstepError } from '@lockstep/core'
import type { GuardedClient, GuardedTransaction, OpenTransactionOptions } from '@lockstep/pg'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

const COUNTED = ['INSERT', 'UPDATE', 'DELETE', 'MERGE']

/**
 * One connection as Kysely sees it: a connection of the guarded client while a transaction is open, none otherwise. Kysely replaces
 * `executeQuery` and `streamQuery` to log, so instances are extensible.
 */
export class GuardedConnection implements DatabaseConnection {
  readonly #client: GuardedClient
  #transaction: GuardedTransaction | undefined
  #isReleased = false

  constructor(client: GuardedClient) {
    this.#client = client
  }

  /** The transaction that was begun last. */
  get transaction(): GuardedTransaction {
    if (this.#transaction) return this.#transaction
    throw new LockstepError('execution.statement-unsupported', 'no transaction was begun')
  }

  /** Begins a transaction in which its statements run from now on. */
  async begin(options: OpenTransactionOptions): Promise<void> {
    if (this.#transaction?.isOver === false) {
      throw new LockstepError('execution.statement-unsupported', 'a transaction is open')
    }
    this.#transaction = await this.#client.begin(options)
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount, command } = await this.#open().query<R>(sql, parameters)
    return COUNTED.includes(command ?? '') ? { rows, numAffectedRows: BigInt(rowCount) } : { rows }
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery, batchSize: number): AsyncIterableIterator<QueryResult<R>> {
    for await (const rows of this.#open().stream<R>(sql, parameters, { batchSize }).batches()) yield { rows }
  }

  /** Commits; when that fails, the transaction stays to be rolled back. */
  async commit(): Promise<void> {
    await this.transaction.commit()
    this.#transaction = undefined
  }

  /** Rolls back what is still open, if anything is. */
  async rollback(): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    await transaction?.rollback()
  }

  /** Rolls back what is still open. Nothing is sent through it afterwards. */
  async release(): Promise<void> {
    this.#isReleased = true
    await this.rollback()
  }

  // a transaction that ended by itself refuses for itself: what was meant to be inside of it must not run outside
  #open(): GuardedClient | GuardedTransaction {
    if (this.#isReleased) throw new LockstepError('execution.no-call', 'the connection was given back')
    return this.#transaction ?? this.#client
  }
}
