import { SET_HANDLE } from './carry-handle.ts'
import type { ConnectionSource, DriverResult, LentConnection, ReturnState, StatementOptions } from './driver.ts'
import { PIN_SESSION, RESET_SESSION } from './session-state.ts'

/** One statement as `pg` takes it. */
interface PgStatement {
  readonly text: string
  readonly values: unknown[]
  /** `pg` falls back to the simple protocol without values, and that one runs stacked statements. */
  readonly queryMode: 'extended'
  readonly rowMode?: 'array'
}

/** The part of a `pg` client that is used. */
export interface PgClient {
  query(statement: PgStatement): Promise<DriverResult | DriverResult[]>
  on?(event: 'error', listener: (error: unknown) => void): unknown
  off?(event: 'error', listener: (error: unknown) => void): unknown
  release(error?: Error | boolean): void
}

/** The part of a `pg.Pool` that is used. */
export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
}

/** Connections that are ready, whichever guarded client made them so. */
const pinned = new WeakSet<PgClient>()

/** The handles that connections carry. */
const carried = new WeakMap<PgClient, string>()

/**
 * Makes connections of a pool (or of one that is opened when it is first needed) fit for the guard.
 *
 * @param isShared whether others may borrow from the pool: then no handle stays in a connection that is given back
 */
export function poolSource(open: () => Promise<PgPool>, isShared = false): ConnectionSource {
  let opened: Promise<PgPool> | undefined
  const pool = (): Promise<PgPool> => {
    opened ??= open()
    return opened
  }
  return {
    async acquire() {
      const client = await (await pool()).connect()
      const connection = lend(client, isShared)
      try {
        if (!pinned.has(client)) await connection.pin()
      } catch (error) {
        connection.release('broken')
        throw error
      }
      return connection
    },
    async end() {
      if (opened) await (await opened).end()
    },
  }
}

function lend(client: PgClient, isShared: boolean): LentConnection & { pin(): Promise<void> } {
  let isBroken = false
  let isReleased = false
  // without a listener, a lent connection that breaks would end the process
  const onError = (): void => {
    isBroken = true
  }
  client.on?.('error', onError)

  async function query(text: string, values: unknown[], options?: StatementOptions): Promise<DriverResult> {
    // INVARIANT: a connection that was given back is somebody else's.
    if (isReleased) throw new Error('the connection was given back')
    return send(text, values, options)
  }

  async function send(text: string, values: unknown[], options?: StatementOptions): Promise<DriverResult> {
    try {
      const result = await client.query({ text, values, queryMode: 'extended', ...options })
      // INVARIANT: the extended protocol answers one statement; several answers mean that it was not used.
      if (Array.isArray(result)) throw new Error('several results')
      return result
    } catch (error) {
      isBroken ||= !isDatabaseError(error)
      throw error
    }
  }

  function giveBack(broken: boolean): void {
    client.off?.('error', onError)
    client.release(broken)
  }

  async function pin(): Promise<void> {
    await send(PIN_SESSION, [])
    pinned.add(client)
  }

  async function reset(): Promise<void> {
    pinned.delete(client)
    await send(RESET_SESSION, [])
    carried.delete(client)
    await pin()
  }

  async function carry(handle: string): Promise<void> {
    // INVARIANT: whoever is lent a connection sets its own handle first, so that one of before serves nobody else.
    if ((carried.get(client) ?? '') === handle) return
    await send(SET_HANDLE, [handle])
    carried.set(client, handle)
  }

  const clean = (state: ReturnState): (() => Promise<void>) | undefined => {
    if (isBroken || state === 'broken') return undefined
    if (state === 'used') return reset
    return isShared && (carried.get(client) ?? '') !== '' ? () => carry('') : undefined
  }

  return {
    query,
    pin,
    carry,
    transactions: {
      begin: async (mode) => void (await query(`START TRANSACTION${mode}`, [])),
      async commit() {
        const { command } = await query('COMMIT', [])
        if (command !== 'COMMIT') throw new Error('the transaction was rolled back')
      },
      rollback: async () => void (await query('ROLLBACK', [])),
    },
    release(state: ReturnState = 'clean') {
      if (isReleased) return
      isReleased = true
      const before = clean(state)
      if (!before) return giveBack(isBroken || state === 'broken')
      // whoever waits for the answer need not wait for this; whoever waits for the connection does
      before().then(
        () => giveBack(isBroken),
        () => giveBack(true),
      )
    },
  }
}

/** A statement that the database refused leaves the connection sound; anything else may not have. */
function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR'
}
