import { isLasting, type RevocationNotice } from '@lockstep/core'
import type { FeedHub } from '../feed/create-feed-hub.ts'
import { readNotice, writeNotice } from '../feed/notice-text.ts'
import type { RedisShape } from './redis-shape.ts'

/** What a broadcast over Redis rests on. */
export interface RedisBroadcastOptions {
  readonly redis: RedisShape
  readonly channel: string
  readonly hub: FeedHub
  /** Reads what lasts where it is kept. */
  readonly readLasting: () => Promise<readonly RevocationNotice[]>
}

/** Tells other instances of revocations, beside the feed that they rest on: whichever is first. */
export interface RedisBroadcast {
  send(notice: RevocationNotice): void
  close(): void
}

/**
 * Creates the broadcast, on a connection of its own. It may lose messages, so that no silence of it means anything, and what it says is only
 * believed where it refuses something: what lasts, and could be restored, is read in the database as soon as it is mentioned.
 */
export function createRedisBroadcast(options: RedisBroadcastOptions): RedisBroadcast {
  const { redis, channel, hub, readLasting } = options
  // ioredis leaves its own subscribing unheard when the connection ends meanwhile, and an unhandled rejection ends the process.
  const subscriber = redis.duplicate({ autoResubscribe: false })
  const ignore = () => undefined

  const hear = async (text: string) => {
    // attacker-controlled: whoever reaches Redis can write to the channel.
    const notice = readNotice(text)
    if (!notice) return
    if (!isLasting(notice)) return hub.tell(notice)
    for (const kept of await readLasting()) hub.tell(kept)
  }

  subscriber.on('error', ignore)
  subscriber.on('message', (on: string, text: string) => void (on === channel && hear(text).catch(ignore)))
  // Also after every reconnection.
  subscriber.on('ready', () => void subscriber.subscribe(channel).catch(ignore))
  return {
    send: (notice) => void redis.call('PUBLISH', channel, writeNotice(notice)).catch(ignore),
    close: () => subscriber.disconnect(),
  }
}
