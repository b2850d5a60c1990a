/** One statement as pg takes it. */
export interface PoolStatement {
  readonly text: string
  readonly values?: unknown[]
  /** Prepares the statement under this name, once per connection. */
  readonly name?: string
}

/** What answers a statement. */
export interface PoolResult {
  readonly rows: unknown[]
  /** How many rows the statement inserted, updated, deleted or returned. */
  readonly rowCount: number | null
}

/** The part of a `pg.Pool` that state needs. */
export interface PoolShape {
  query(statement: PoolStatement): Promise<PoolResult>
  connect(): Promise<PoolConnection>
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** One connection of a pool, until it is released. */
export interface PoolConnection {
  query(statement: PoolStatement): Promise<PoolResult>
  on(event: 'notification', listener: (notification: PoolNotification) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  /** `true` closes the connection. */
  release(destroy?: boolean): void
}

/** What `NOTIFY` said. */
export interface PoolNotification {
  readonly channel: string
  readonly payload?: string | undefined
}
