import { LockstepError } from '@lockstep/core'
import { type Driver, type ExecutionHandle, GuardedClient, type GuardedClientOptions } from '@lockstep/pg'
import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryCompiler,
} from 'kysely'
import { GuardedDriver } from './guarded-driver.ts'

/**
 * A Kysely dialect whose every statement returns only what the current call may see: built, raw, precompiled, with plugins or
 * without, alone, in a transaction or as a stream. Introspection and migrations are refused.
 *
 * @param client a guarded client (`guardPool`), or a raw one that is guarded here, such as a PGlite instance
 * @param options for a raw client
 * @example
 * ```ts
 * const db = new Kysely<Database>({ dialect: guardDialect(lockstep, new PGlite('./data')) })
 * ```
 */
export function guardDialect(
  lockstep: ExecutionHandle,
  client: GuardedClient | Driver,
  options?: GuardedClientOptions,
): Dialect {
  const guarded = client instanceof GuardedClient ? client : new GuardedClient(lockstep, client, options)
  return {
    createDriver: () => new GuardedDriver(guarded),
    createQueryCompiler: (): QueryCompiler => new PostgresQueryCompiler(),
    createAdapter: (): DialectAdapter => new GuardedAdapter(),
    createIntrospector: (): DatabaseIntrospector => REFUSED_INTROSPECTION,
  }
}

/** PostgreSQL's adapter without the lock that migrations take. */
class GuardedAdapter extends PostgresAdapter {
  override acquireMigrationLock(): Promise<void> {
    return refuseMigration()
  }

  override releaseMigrationLock(): Promise<void> {
    return refuseMigration()
  }
}

const REFUSED_INTROSPECTION: DatabaseIntrospector = {
  getSchemas: () => refuseIntrospection(),
  getTables: () => refuseIntrospection(),
  getMetadata: () => refuseIntrospection(),
}

function refuseIntrospection(): Promise<never> {
  return Promise.reject(new LockstepError('execution.statement-unsupported', 'introspection is not released'))
}

function refuseMigration(): Promise<never> {
  return Promise.reject(new LockstepError('execution.statement-unsupported', 'migrate with a client of your own'))
}
