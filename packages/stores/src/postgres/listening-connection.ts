import { randomUUID } from 'node:crypto'
import { inTime } from '@lockstep/core'
import type { RevocationRow } from '../sql/sql-revocations.ts'
import type { PoolConnection } from './pool-shape.ts'

/** What one connection listens for. */
export interface ListeningOptions {
  readonly connection: PoolConnection
  /** Where revocations are told. */
  readonly channel: string
  /** Told of the text of every notification on the channel. */
  readonly hear: (text: string) => void
  /** How long an answer to its first statements may take, in milliseconds. */
  readonly patience: number
}

/** One connection that listens, until it fails or is released. */
export interface ListeningConnection {
  /** Runs a statement on this very connection: what it reads was committed before what is heard afterwards. */
  rows(sql: string): Promise<readonly RevocationRow[]>
  /**
   * Sends a notification to itself and resolves when it is back: everything that was committed before it was sent was heard then, because
   * PostgreSQL delivers in the order of commits. Rejects when it is not back within `patience`, also because the peer is gone without a word.
   */
  beat(patience: number): Promise<void>
  /** Closes the connection. */
  release(): void
}

/** Begins to listen. Rejects when the connection does not answer in time; it is closed then. */
export async function listenOn(options: ListeningOptions): Promise<ListeningConnection> {
  const { connection, channel, hear, patience } = options
  // A channel of its own, so that the beats of many instances do not wake them all.
  const own = `${channel}_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  let beats = 0
  let returned: ((beat: number) => void) | undefined
  let fail: (why: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  // It fails whether somebody waits or not.
  failed.catch(() => undefined)
  connection.on('error', fail)
  connection.on('end', () => fail(new Error('the connection ended')))
  connection.on('notification', ({ channel: on, payload = '' }) => {
    if (on === own) returned?.(Number(payload))
    else if (on === channel) hear(payload)
  })
  const query = (text: string, values?: unknown[]) =>
    Promise.race([connection.query({ text, ...(values && { values }) }), failed])

  const listening: ListeningConnection = {
    rows: async (sql) => (await inTime(query(sql), patience)).rows as RevocationRow[],
    async beat(longest) {
      beats += 1
      const sent = beats
      const back = new Promise<void>((resolve) => {
        returned = (beat) => beat === sent && resolve()
      })
      const asked = query('select pg_notify($1, $2)', [own, String(sent)])
      await inTime(Promise.all([asked, Promise.race([back, failed])]), longest)
    },
    release: () => connection.release(true),
  }
  try {
    // Names of ours: letters, digits and underscores.
    await inTime(query(`listen "${channel}"; listen "${own}"`), patience)
    return listening
  } catch (error) {
    listening.release()
    throw error
  }
}
