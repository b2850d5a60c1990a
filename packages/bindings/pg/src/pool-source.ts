import type { ConnectionSource, DriverResult, LentConnection } from './driver.ts'

/** One statement as `pg` takes it. */
interface PgStatement {
  readonly text: string
  readonly values: unknown[]
  /** `pg` falls back to the simple protocol without values, and that one runs stacked statements. */
  readonly queryMode: 'extended'
}

/** The part of a `pg` client that is used. */
export interface PgClient {
  query(statement: PgStatement): Promise<DriverResult | DriverResult[]>
  release(error?: Error | boolean): void
}

/** The part of a `pg.Pool` that is used. */
export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
}

/** Makes connections of a pool (or of one that is opened when it is first needed) fit for the guard. */
export function poolSource(open: () => Promise<PgPool>): ConnectionSource {
  let opened: Promise<PgPool> | undefined
  const pool = (): Promise<PgPool> => {
    opened ??= open()
    return opened
  }
  return {
    async acquire() {
      return lend(await (await pool()).connect())
    },
    async end() {
      if (opened) await (await opened).end()
    },
  }
}

function lend(client: PgClient): LentConnection {
  let broken = false
  return {
    async query(text, values) {
      try {
        const result = await client.query({ text, values, queryMode: 'extended' })
        // INVARIANT: the extended protocol answers one statement; several answers mean that it was not used.
        if (Array.isArray(result)) throw new Error('several results')
        return result
      } catch (error) {
        broken = !isDatabaseError(error)
        throw error
      }
    },
    release: () => client.release(broken),
  }
}

/** A statement that the database refused leaves the connection sound; anything else may not have. */
function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR'
}
