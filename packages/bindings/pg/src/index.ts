export type { OnDatabaseError } from './database-failure.ts'
export type { Driver, DriverResult, GuardedResult } from './driver.ts'
export { type ExecutionHandle, GuardedClient, type GuardedClientOptions, guardClient } from './guarded-client.ts'
