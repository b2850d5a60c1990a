export type { OnDatabaseError } from './database-failure.ts'
export type {
  ConnectionSource,
  ConnectionTransactions,
  Driver,
  DriverResult,
  GuardedResult,
  LentConnection,
  ReturnState,
  StatementOptions,
} from './driver.ts'
export { guardPool } from './guard-pool.ts'
export { type ExecutionHandle, GuardedClient, type GuardedClientOptions, guardClient } from './guarded-client.ts'
export type { GuardedTransaction } from './guarded-transaction.ts'
export type { StreamOptions } from './open-cursor.ts'
export type { PgClient, PgPool } from './pool-source.ts'
export type { StatementConfig } from './read-statement.ts'
export type { RowStream } from './row-stream.ts'
export type { OpenTransactionOptions, TransactionOptions } from './transaction-options.ts'
