import {
  beginsEpoch,
  type ErrorCode,
  RESTORED,
  type RevocationFeed,
  type RevocationNotice,
  type SingleUseStore,
  type Standing,
  UNTIL_RESTORED,
} from '@lockstep/core'
import { type Freshness, isSilent } from './fresh-uses.ts'
import { createRecentNotices } from './recent-notices.ts'
import type { RestsOn } from './rests-on.ts'

/** Is told, once, that an exchange is over because of this. */
export type EndExchange = (code: ErrorCode) => void

/** One request, from before its caller was admitted until its exchange is open. */
export interface Passage {
  /**
   * Opens the exchange: `end` is called as soon as something that it rests on is revoked anywhere, or the feed is silent beyond its bound;
   * at once, and nothing is returned, when that happened since the passage began. Otherwise returns what to call when the exchange is over.
   */
  open(restsOn: RestsOn, end: EndExchange): (() => void) | undefined
}

/** The exchanges of one instance that are open now: calls that run, streams that are sent. */
export interface OpenExchanges {
  /** Begins a passage. What is revoked after it is not missed, whatever the store said of the caller in between. */
  enter(): Passage
  /** Ends the subscription. */
  close(): void
}

/** What the exchanges are ended by. */
export interface OpenExchangesOptions extends Freshness {
  readonly feed: RevocationFeed
  /** Looks up what may have been missed. */
  readonly isRevoked: SingleUseStore['isRevoked']
}

interface Entry extends RestsOn {
  readonly end: EndExchange
}

/** As many are looked up at once after something may have been missed. */
const AT_ONCE = 16

/**
 * Creates the register. On a notice it looks through what is open: opening costs next to nothing, and revocations are rare.
 *
 * A call stays decided by the version that it was decided by when only the policies on disk change: its effect may be on its way, and every
 * statement of it is asked anew. A revocation and a new epoch are somebody's word that it must not go on.
 */
export function createOpenExchanges(options: OpenExchangesOptions): OpenExchanges {
  const { feed, bound, isRevoked } = options
  const open = new Set<Entry>()
  const recent = createRecentNotices()
  const permissions = new Set<string>()
  let epochs = 0
  let gaps = 0

  function end(entry: Entry, code: ErrorCode): void {
    if (open.delete(entry)) entry.end(code)
  }

  function heard(notice: RevocationNotice): void {
    const { name, until } = notice
    if (until === RESTORED) return void permissions.delete(name)
    if (until === UNTIL_RESTORED) permissions.add(name)
    else recent.add(notice)
    if (beginsEpoch(name)) epochs += 1
    const isCovered = (one: Standing) => one.name === name && one.issuedAt <= until
    for (const entry of [...open]) {
      const { standing, capability, permissions: names, decided } = entry
      if (standing.some(isCovered)) end(entry, 'gateway.token-revoked')
      else if (decided && (beginsEpoch(name) || names.includes(name))) end(entry, 'invocation.revoked')
      else if (capability && isCovered(capability)) end(entry, 'invocation.revoked')
    }
  }

  async function codeOf({ standing, capability }: Entry): Promise<ErrorCode | undefined> {
    if (await isRevoked(standing)) return 'gateway.token-revoked'
    return capability && (await isRevoked([capability])) ? 'invocation.revoked' : undefined
  }

  async function lookUp(entries: readonly Entry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += AT_ONCE) {
      await Promise.all(
        entries.slice(from, from + AT_ONCE).map(async (entry) => {
          if (!open.has(entry)) return
          // Whoever cannot be told from somebody who was revoked is not served on.
          const code = await codeOf(entry).catch((): ErrorCode => 'state.unavailable')
          if (code) end(entry, code)
        }),
      )
    }
  }

  const unsubscribe = feed.subscribe({
    heard,
    missed() {
      gaps += 1
      void lookUp([...open])
    },
  })

  let timer: NodeJS.Timeout
  const look = () => {
    if (isSilent(options)) for (const entry of [...open]) end(entry, 'state.feed-silent')
    // The moment at which the bound would be passed, and again soon while it is.
    timer = setTimeout(look, Math.min(bound, Math.max(50, bound - feed.silence() + 1))).unref()
  }
  look()

  return {
    enter() {
      const before = { epochs, gaps, notices: recent.count }
      return {
        open(restsOn, onEnd) {
          const { standing, capability, decided } = restsOn
          const entry = { ...restsOn, end: onEnd }
          open.add(entry)
          if (isSilent(options)) end(entry, 'state.feed-silent')
          else if (recent.count !== before.notices && recent.covers(standing)) end(entry, 'gateway.token-revoked')
          else if (capability && recent.covers([capability])) end(entry, 'invocation.revoked')
          else if (decided && (epochs !== before.epochs || restsOn.permissions.some((name) => permissions.has(name)))) {
            end(entry, 'invocation.revoked')
          } else if (gaps !== before.gaps) void lookUp([entry])
          return open.has(entry) ? () => void open.delete(entry) : undefined
        },
      }
    },
    close() {
      unsubscribe()
      clearTimeout(timer)
    },
  }
}
