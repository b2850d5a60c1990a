import { SET_HANDLE } from './carry-handle.ts'
import type {
  ConnectionSource,
  ConnectionTransactions,
  Driver,
  DriverResult,
  LentConnection,
  ReturnState,
  StatementOptions,
} from './driver.ts'
import { PIN_SESSION, RESET_SESSION } from './session-state.ts'

/** A transaction of PGlite, which nothing else gets in between. */
interface PgliteTransaction {
  query(text: string, parameters?: unknown[], options?: StatementOptions): Promise<DriverResult>
  rollback(): Promise<void>
}

/** The part of a PGlite instance that is used. */
export interface Pglite extends Driver {
  transaction<T>(work: (transaction: PgliteTransaction) => Promise<T>): Promise<T>
  runExclusive<T>(work: () => Promise<T>): Promise<T>
}

/** Whether a driver is a PGlite instance: one session, with transactions. */
export function isPglite(driver: Driver): driver is Pglite {
  return (
    'transaction' in driver &&
    typeof driver.transaction === 'function' &&
    'runExclusive' in driver &&
    typeof driver.runExclusive === 'function'
  )
}

/** However many clients guard an instance, they share its one session, and so one queue. */
const sources = new WeakMap<Pglite, PgliteSource>()

interface PgliteSource extends ConnectionSource {
  /** Pins the session anew before it is lent again. */
  unpin(): void
}

/** Lends a PGlite instance's one session to one borrower after another. */
export function pgliteSource(pglite: Pglite): ConnectionSource {
  const source = sources.get(pglite) ?? createSource(pglite)
  sources.set(pglite, source)
  // whoever opens another client may have used the instance itself before
  source.unpin()
  return source
}

function createSource(pglite: Pglite): PgliteSource {
  let last: Promise<void> = Promise.resolve()
  let isPinned = false
  let carried = ''

  async function pin(): Promise<void> {
    await pglite.query(PIN_SESSION, [])
    isPinned = true
  }

  async function setHandle({ query }: OpenSession, handle: string): Promise<void> {
    await query(SET_HANDLE, [handle])
    carried = handle
  }

  async function giveBack(connection: OpenSession, state: ReturnState): Promise<void> {
    await connection.abort()
    if (carried !== '') await pglite.query(SET_HANDLE, [''])
    carried = ''
    if (state === 'clean') return
    isPinned = false
    await pglite.query(RESET_SESSION, [])
  }

  return {
    unpin() {
      isPinned = false
    },
    async acquire() {
      const before = last
      let free: () => void = () => undefined
      last = new Promise((resolve) => {
        free = resolve
      })
      await before
      const session = openSession(pglite)
      let isReleased = false
      const connection: LentConnection = {
        query: session.query,
        transactions: session.transactions,
        pin: async () => void (await session.query(PIN_SESSION, [])),
        carry: (handle) => (handle === carried ? undefined : setHandle(session, handle)),
        release(state = 'clean') {
          if (isReleased) return
          isReleased = true
          // a session that cannot be reset is closed or lost, and the next statement will tell
          void giveBack(session, state)
            .catch(() => undefined)
            .then(free)
        },
      }
      try {
        if (!isPinned) await pin()
      } catch (error) {
        connection.release('broken')
        throw error
      }
      return connection
    },
    end: async () => undefined,
  }
}

interface OpenSession {
  readonly query: Driver['query']
  readonly transactions: ConnectionTransactions
  /** Rolls back what is open. */
  abort(): Promise<void>
}

/** PGlite runs a transaction as a function, so one that is open here is a function that has not returned yet. */
function openSession(pglite: Pglite): OpenSession {
  let open: { readonly transaction: PgliteTransaction; readonly end: () => Promise<void> } | undefined

  async function rollback(): Promise<void> {
    const { transaction, end } = open ?? {}
    open = undefined
    try {
      await transaction?.rollback()
    } finally {
      await end?.()
    }
  }

  return {
    query: (text, parameters, options) => (open?.transaction ?? pglite).query(text, parameters, options),
    abort: rollback,
    transactions: {
      async begin(mode) {
        open = await new Promise((resolve, reject) => {
          let finish: () => void = () => undefined
          const finished = new Promise<void>((done) => {
            finish = done
          })
          const over = pglite.transaction(async (transaction) => {
            const end = (): Promise<void> => {
              finish()
              return over
            }
            resolve({ transaction, end })
            await finished
          })
          over.catch(reject)
        })
        if (mode !== '') await open?.transaction.query(`SET TRANSACTION${mode}`, [])
      },
      async commit() {
        const { end } = open ?? {}
        open = undefined
        if (!end) throw new Error('the transaction was rolled back')
        await end()
      },
      rollback,
    },
  }
}
