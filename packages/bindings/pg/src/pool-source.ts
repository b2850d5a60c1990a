import { randomBytes } from 'node:crypto'
import { SET_HANDLE } from './carry-handle.ts'
import type { ConnectionSource, DriverResult, LentConnection, ReturnState, StatementOptions } from './driver.ts'
import { createKeptStatements, type KeptStatements } from './kept-statements.ts'
import { createSessionPlanning, type PlanMode, type SessionPlanning } from './session-planning.ts'
import { PIN_SESSION, RESET_SESSION, SET_PLAN_MODE } from './session-state.ts'

/** One statement as `pg` takes it. */
interface PgStatement {
  readonly text: string
  readonly values: unknown[]
  /** `pg` falls back to the simple protocol without values, and that one runs stacked statements. */
  readonly queryMode: 'extended'
  readonly rowMode?: 'array'
  /** Under which the session keeps it parsed. */
  readonly name?: string
}

/** The part of a `pg` client that is used. */
export interface PgClient {
  query(statement: PgStatement): Promise<DriverResult | DriverResult[]>
  on?(event: 'error', listener: (error: unknown) => void): unknown
  release(error?: Error | boolean): void
}

/** The part of a `pg.Pool` that is used. */
export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
}

/** What is known of a connection's session. */
interface Session {
  isPinned: boolean
  isBroken: boolean
  /** The handle that it carries; empty when none. */
  carried: string
  readonly kept: KeptStatements
  readonly planning: SessionPlanning
}

/** The sessions of connections, whichever guarded client they were lent to. */
const sessions = new WeakMap<PgClient, Session>()

/**
 * Makes connections of a pool (or of one that is opened when it is first needed) fit for the guard.
 *
 * @param isShared whether others may borrow from the pool: then no handle stays in a connection that is given back
 */
export function poolSource(open: () => Promise<PgPool>, isShared = false): ConnectionSource {
  let opened: Promise<PgPool> | undefined
  let pool: PgPool | undefined
  const whenOpened = async (): Promise<PgPool> => {
    opened ??= open()
    pool = await opened
    return pool
  }
  const lendPinned = (client: PgClient): LentConnection | Promise<LentConnection> => {
    const session = sessions.get(client) ?? sessionOf(client)
    const connection = lend(client, session, isShared)
    return session.isPinned ? connection : pinned(connection)
  }
  return {
    acquire: () => (pool ? pool.connect() : whenOpened().then((known) => known.connect())).then(lendPinned),
    async end() {
      if (opened) await (await opened).end()
    },
  }
}

async function pinned(connection: LentConnection & { pin(): Promise<void> }): Promise<LentConnection> {
  try {
    await connection.pin()
    return connection
  } catch (error) {
    connection.release('broken')
    throw error
  }
}

function sessionOf(client: PgClient): Session {
  const prefix = `lockstep_${randomBytes(6).toString('hex')}`
  const [kept, planning] = [createKeptStatements(prefix), createSessionPlanning()]
  const session = { isPinned: false, isBroken: false, carried: '', kept, planning }
  sessions.set(client, session)
  // without a listener, a lent connection that breaks would end the process
  client.on?.('error', () => {
    session.isBroken = true
  })
  return session
}

function lend(client: PgClient, session: Session, isShared: boolean): LentConnection & { pin(): Promise<void> } {
  let isReleased = false

  async function send(
    text: string,
    values: unknown[],
    options: StatementOptions | undefined,
    name: string | undefined,
  ): Promise<DriverResult> {
    try {
      const result = await client.query({ text, values, queryMode: 'extended', ...options, ...(name && { name }) })
      // INVARIANT: the extended protocol answers one statement; several answers mean that it was not used.
      if (Array.isArray(result)) throw new Error('several results')
      return result
    } catch (error) {
      if (name !== undefined && isNotKept(error)) {
        // nothing of it was run: a pooler in between, or somebody who shares the session, gave it up
        session.kept.lose(text)
        return send(text, values, options, undefined)
      }
      session.isBroken ||= !isDatabaseError(error)
      throw error
    }
  }

  function query(text: string, values: unknown[], options?: StatementOptions, name?: string): Promise<DriverResult> {
    // INVARIANT: a connection that was given back is somebody else's.
    if (isReleased) return Promise.reject(new Error('the connection was given back'))
    return send(text, values, options, name)
  }

  async function pin(): Promise<void> {
    await send(PIN_SESSION, [], undefined, undefined)
    session.planning.become('force_custom_plan')
    session.isPinned = true
  }

  async function reset(): Promise<void> {
    session.isPinned = false
    await send(RESET_SESSION, [], undefined, undefined)
    session.carried = ''
    session.kept.forget()
    await pin()
  }

  async function plan(mode: PlanMode): Promise<void> {
    await send(SET_PLAN_MODE, [mode], undefined, undefined)
    session.planning.become(mode)
  }

  async function setHandle(handle: string): Promise<void> {
    await send(SET_HANDLE, [handle], undefined, undefined)
    session.carried = handle
  }

  // INVARIANT: whoever is lent a connection sets its own handle first, so that one of before serves nobody else.
  const carry = (handle: string): Promise<void> | undefined =>
    session.carried === handle ? undefined : setHandle(handle)

  const clean = (state: ReturnState): (() => Promise<void>) | undefined => {
    if (session.isBroken || state === 'broken') return undefined
    if (state === 'used') return reset
    const unset = isShared && session.carried !== '' ? () => setHandle('') : undefined
    const mode = session.planning.due()
    if (mode === undefined) return unset
    return async () => {
      await unset?.()
      await plan(mode)
    }
  }

  return {
    query: (text, values, options) => query(text, values, options),
    queryAgain: (text, values, options, isSteady = false) =>
      query(text, values, options, session.planning.mayKeep(isSteady) ? session.kept.nameOf(text) : undefined),
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
      if (!before) return client.release(session.isBroken || state === 'broken')
      // whoever waits for the answer need not wait for this; whoever waits for the connection does
      before().then(
        () => client.release(session.isBroken),
        () => client.release(true),
      )
    },
  }
}

/** SQLSTATEs of a statement that a session was to keep and does not, or that is kept under its name already; nothing of it was run. */
const NOT_KEPT = ['26000', '42P05']

/** Whether a kept statement failed because of being kept. A table that was altered may give its columns other types than it was parsed with. */
function isNotKept(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false
  const isStale = error.code === '0A000' && 'routine' in error && error.routine === 'RevalidateCachedQuery'
  return isStale || NOT_KEPT.some((state) => state === error.code)
}

/** A statement that the database refused leaves the connection sound; anything else may not have. */
function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR'
}
