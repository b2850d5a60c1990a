import type pg from 'pg'

/** A real PostgreSQL of its own, empty, on the loopback. */
export interface TestPostgres {
  /** Opens a pool as a role; without one, as the superuser. Settings are those of its sessions. It is closed with the server. */
  pool(role?: string, database?: string, settings?: Readonly<Record<string, string>>): pg.Pool
  readonly connectionString: string
  /** Ends the server as a crash does: nothing is written, and it recovers when it is started again. */
  crash(): Promise<void>
  /** Starts the server again, at the same place. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** The server that version 15 is started from. */
export declare const POSTGRES_15: '/usr/lib/postgresql/15/bin/postgres'

/** The versions that can be started: 18 comes with the project, 15 with the system. */
export type PostgresVersion = 15 | 18

/** Starts one, of version 18 if not told otherwise. With `durable` it waits for the disk; `settings` are further ones, as `name=value`. */
export declare function startPostgres(options?: {
  readonly durable?: boolean
  readonly version?: PostgresVersion
  readonly settings?: readonly string[]
}): Promise<TestPostgres>

/** A port that nobody listens on now. */
export declare function freePort(): Promise<number>
