import type pg from 'pg'

/** A real PostgreSQL of its own, empty, on the loopback. */
export interface TestPostgres {
  /** Opens a pool as a role; without one, as the superuser. It is closed with the server. */
  pool(role?: string, database?: string): pg.Pool
  readonly connectionString: string
  /** Ends the server as a crash does: nothing is written, and it recovers when it is started again. */
  crash(): Promise<void>
  /** Starts the server again, at the same place. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts one. With `durable` it waits for the disk, as a benchmark must. */
export declare function startPostgres(options?: { readonly durable?: boolean }): Promise<TestPostgres>

/** A port that nobody listens on now. */
export declare function freePort(): Promise<number>
