import { LockstepError } from '@lockstep/core'
import type { GuardedClient, OpenTransactionOptions } from '@lockstep/pg'
import type { DatabaseConnection, Driver, TransactionSettings } from 'kysely'
import { GuardedConnection } from './guarded-connection.ts'

/**
 * A Kysely driver whose connections are views of one guarded client. Every statement of Kysely, however it was made, goes
 * through `executeQuery` or `streamQuery` of one, and every transaction through the methods here.
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

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await own(connection).begin(readSettings(settings))
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).rollback()
  }

  savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).transaction.savepoint(name)
  }

  rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).transaction.rollbackTo(name)
  }

  releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return own(connection).transaction.releaseSavepoint(name)
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return own(connection).release()
  }

  destroy(): Promise<void> {
    return this.#client.end()
  }
}

function own(connection: DatabaseConnection): GuardedConnection {
  if (connection instanceof GuardedConnection) return connection
  throw new LockstepError('execution.statement-unsupported', 'the connection is not of this driver')
}

function readSettings({ isolationLevel, accessMode }: TransactionSettings): OpenTransactionOptions {
  if (isolationLevel === 'snapshot') {
    throw new LockstepError('execution.statement-unsupported', 'PostgreSQL has no isolation level of this name')
  }
  return { isolation: isolationLevel, access: accessMode }
}
