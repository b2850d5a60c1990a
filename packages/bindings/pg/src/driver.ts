/** What a driver answers to one statement. `pg` and PGlite both fit. */
export interface DriverResult {
  readonly rows: readonly unknown[]
  readonly rowCount?: number | null | undefined
  readonly affectedRows?: number | undefined
  readonly fields?: readonly { readonly name: string; readonly dataTypeID: number }[] | undefined
}

/** The part of a database client that the guard uses. It must send one statement by the extended protocol, as PGlite does. */
export interface Driver {
  query(text: string, parameters: unknown[]): Promise<DriverResult>
}

/** A connection that is lent for one statement. */
export interface LentConnection extends Driver {
  release(): void
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
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}
