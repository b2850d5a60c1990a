/** What a driver answers to one statement. `pg` and PGlite both fit. */
export interface DriverResult {
  readonly rows: readonly unknown[]
  readonly rowCount?: number | null | undefined
  readonly affectedRows?: number | undefined
  /** The first word of PostgreSQL's command tag. */
  readonly command?: string | null | undefined
  readonly fields?: readonly { readonly name: string; readonly dataTypeID: number }[] | undefined
}

/** How rows come back. */
export interface StatementOptions {
  readonly rowMode: 'array'
}

/**
 * The part of a database client that the guard uses. It must send one statement by the extended protocol, as PGlite does. Behind it there may
 * be one session or many, so it has no transactions and no streams, and what trusted work leaves in a session is its own concern.
 */
export interface Driver {
  query(text: string, parameters: unknown[], options?: StatementOptions): Promise<DriverResult>
}

/** The transactions of a connection. Absent where a driver has none. */
export interface ConnectionTransactions {
  /** @param mode characteristics, as `START TRANSACTION` takes them */
  begin(mode: string): Promise<void>
  /** Rejects when anything but a commit came of it. */
  commit(): Promise<void>
  rollback(): Promise<void>
}

/**
 * In which state a connection is given back: `'clean'`; `'used'` by a statement that may have changed its session, so that the session is reset
 * before anybody else is lent it; or `'broken'`, not to be lent again.
 */
export type ReturnState = 'clean' | 'used' | 'broken'

/** A connection that is lent. It is given back once. */
export interface LentConnection extends Driver {
  readonly transactions?: ConnectionTransactions | undefined
  /**
   * As `query`, for a text that may be sent again with other parameters: its session may keep it parsed. Outside of transactions only. Absent
   * where a driver keeps nothing.
   *
   * @param isSteady whether one plan of it is as good as another, whatever it is sent with
   */
  queryAgain?(
    text: string,
    parameters: unknown[],
    options?: StatementOptions,
    isSteady?: boolean,
  ): Promise<DriverResult>
  /** Sets again what statements take for granted of a session, after a statement that may have changed it. */
  pin?(): Promise<void>
  /**
   * Sets the handle of the call that it serves from now on; an empty one is none. Nothing is to be waited for where it is set already. Absent
   * where no session is behind it.
   */
  carry?(handle: string): Promise<void> | undefined
  release(state?: ReturnState): void
}

/** A driver that one waits for. The guard looks at the call again between waiting and sending. */
export interface ConnectionSource {
  acquire(): Promise<LentConnection>
  end(): Promise<void>
}

/** What a guarded client answers. */
export interface GuardedResult<Row> {
  readonly rows: Row[]
  readonly rowCount: number
  readonly command: string | undefined
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}
