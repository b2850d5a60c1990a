import { LockstepError } from '@lockstep/core'
import type { GuardedClient } from '@lockstep/pg'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

/**
 * A Kysely driver whose connections are views of one guarded client. Every statement of Kysely, however it was made, goes
 * through `executeQuery`.
 */
export class GuardedDriver implements Driver {
  readonly #client: GuardedClient

  constructor(client: GuardedClient) {
    this.#client = client
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new GuardedConnection(this.#client)
  }

  beginTransaction(): Promise<void> {
    return refuse('transactions are not released')
  }

  commitTransaction(): Promise<void> {
    return refuse('transactions are not released')
  }

  rollbackTransaction(): Promise<void> {
    return refuse('transactions are not released')
  }

  async releaseConnection(): Promise<void> {}

  destroy(): Promise<void> {
    return this.#client.end()
  }
}

/** One connection as Kysely sees it. */
class GuardedConnection implements DatabaseConnection {
  readonly #client: GuardedClient

  constructor(client: GuardedClient) {
    this.#client = client
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows } = await this.#client.query<R>(sql, parameters)
    return { rows }
  }

  // biome-ignore lint/correctness/useYield: a stream that is refused yields nothing
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new LockstepError('execution.statement-unsupported', 'streams are not released')
  }
}

function refuse(detail: string): Promise<never> {
  return Promise.reject(new LockstepError('execution.statement-unsupported', detail))
}
