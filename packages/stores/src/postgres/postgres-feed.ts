import { setTimeout as pause } from 'node:timers/promises'
import { inTime, isLasting, LockstepError, type RevocationFeed } from '@lockstep/core'
import type { FeedHub } from '../feed/create-feed-hub.ts'
import { readNotice } from '../feed/notice-text.ts'
import { createSilence } from '../feed/silence.ts'
import { readLasting } from '../sql/read-lasting.ts'
import { type ListeningConnection, listenOn } from './listening-connection.ts'
import { createMentions, type Mentions } from './mentions.ts'
import type { PoolConnection } from './pool-shape.ts'

/** What a feed over PostgreSQL rests on. */
export interface PostgresFeedOptions {
  /** Takes a connection that the feed keeps to itself. */
  readonly connect: () => Promise<PoolConnection>
  /** Puts the schema before the tables of a statement. */
  readonly qualify: (sql: string) => string
  readonly channel: string
  readonly hub: FeedHub
  /** How long it may be silent, in milliseconds. */
  readonly bound: number
}

/** A feed that listens until it is closed. */
export interface PostgresFeed extends RevocationFeed {
  /** Lets the connection go; the feed is silent from then on. */
  close(): Promise<void>
}

const LONGEST_START_MS = 10_000

interface Listening extends Pick<ListeningConnection, 'release'> {
  /** Resolves when everything that was revoked before is known here. Rejects when that is not so within `longest` milliseconds. */
  catchUp(longest: number): Promise<void>
}

/**
 * Opens the feed: `LISTEN` on a connection of its own, a notification to itself several times within the bound, so that a silence is noticed
 * whatever caused it, and a new connection when one does not come back. Whoever connects anew reads what lasts and tells that something may
 * have been missed.
 *
 * Resolves once it hears. Rejects with `state.unavailable`, or with `state.unsuitable` where the server or a pooler in front of it does not
 * deliver notifications. Nothing stays open then.
 */
export async function openPostgresFeed(options: PostgresFeedOptions): Promise<PostgresFeed> {
  const { connect, qualify, channel, hub, bound } = options
  const every = bound / 5
  const silence = createSilence()
  const ending = new AbortController()

  async function begin(patience: number): Promise<Listening> {
    const connection = await connectInTime(connect, patience)
    let lasting: Mentions | undefined
    const hear = (text: string) => {
      // attacker-controlled: every role of the database may notify on every channel.
      const notice = readNotice(text)
      // What cannot be read may have been a revocation: everybody looks for themselves.
      if (!notice) hub.tellMissed()
      // INVARIANT: what could be restored is believed of the table alone; at first that is read in any case.
      else if (isLasting(notice)) lasting?.mention()
      else hub.tell(notice)
    }
    const listening = await listenOn({ connection, channel, hear, patience })
    // After it listens, so that nothing falls between what is read and what is heard.
    const mentions = createMentions(async () => {
      for (const notice of await readLasting((sql) => listening.rows(qualify(sql)))) hub.tell(notice)
    })
    lasting = mentions
    const catchUp = async (longest: number) => {
      const from = performance.now()
      await listening.beat(longest)
      await inTime(mentions.read(), longest)
      silence.heardUpTo(from)
    }
    try {
      mentions.mention()
      await mentions.read()
      hub.tellMissed()
      await catchUp(patience)
      return { catchUp, release: listening.release }
    } catch (error) {
      listening.release()
      throw error
    }
  }

  async function keepOn(first: Listening): Promise<void> {
    let listening: Listening | undefined = first
    while (!ending.signal.aborted) {
      try {
        await pause(every, undefined, { signal: ending.signal, ref: false })
        listening ??= await begin(bound)
        await listening.catchUp(bound / 2)
      } catch {
        listening?.release()
        listening = undefined
      }
    }
    listening?.release()
  }

  const first = await begin(LONGEST_START_MS).catch((error: unknown) => {
    throw whyDeaf(error)
  })
  const done = keepOn(first)
  return {
    silence: silence.ms,
    subscribe: hub.subscribe,
    async close() {
      silence.end()
      ending.abort()
      await done
    },
  }
}

/** A connection that comes too late is not kept. */
async function connectInTime(connect: () => Promise<PoolConnection>, patience: number): Promise<PoolConnection> {
  const connecting = connect()
  try {
    return await inTime(connecting, patience)
  } catch (error) {
    connecting.then(
      (late) => late.release(true),
      () => undefined,
    )
    throw error
  }
}

function whyDeaf(error: unknown): LockstepError {
  const isLate = error instanceof Error && error.message === 'no answer in time'
  return isLate
    ? new LockstepError(
        'state.unsuitable',
        '`LISTEN` does not hear what `NOTIFY` says: connect to the primary itself, or through a pooler that keeps sessions',
      )
    : new LockstepError('state.unavailable', 'nothing listens for revocations')
}
