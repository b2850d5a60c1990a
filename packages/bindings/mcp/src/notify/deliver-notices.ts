import { randomBytes } from 'node:crypto'
import type {
  ApprovalMessage,
  ApprovalStore,
  AuditSink,
  Clock,
  Notices,
  Notifier,
  ObligationMessage,
} from '@lockstep/core'
import { tellNotice } from './tell-notice.ts'

/** What delivering needs. */
export interface NoticeDeliveryParts {
  readonly store: Pick<ApprovalStore, 'expire' | 'outbox'>
  /** Which notices are delivered here. */
  readonly about: keyof Notices
  readonly notifier: Notifier<ApprovalMessage | ObligationMessage>
  readonly audit: AuditSink
  readonly clock: Clock
  /** Where people decide on a request. */
  readonly urlOf: (approval: string) => string
  /** Milliseconds between looks into the outbox. @defaultValue 1000 */
  readonly every?: number | undefined
}

/** What delivers notices. */
export interface NoticeDelivery {
  /** Delivers what is due, one after the other, and resolves when nothing is. Never rejects. */
  deliver(): Promise<void>
  /** Ends it; a delivery under way is aborted, and is tried again by whoever opens the state next. */
  close(): Promise<void>
}

type Notice = Notices[keyof Notices]

/** One attempt takes no longer; its lease outlasts it, so that two instances do not deliver one notice at once. */
const ATTEMPT_MS = 10_000
const LEASE_MS = 30_000
const FIRST_RETRY_MS = 5_000
/** With the waits between them, three quarters of an hour. */
const MOST_ATTEMPTS = 10

/**
 * Starts to deliver what waits in the outbox: at least once, one at a time in this instance, and each by one instance. What fails is
 * tried again, later and later; after ten attempts it is given up, which is recorded and listed by `lockstep approvals list`.
 */
export function deliverNotices({
  store,
  about,
  notifier,
  audit,
  clock,
  urlOf,
  every = 1000,
}: NoticeDeliveryParts): NoticeDelivery {
  const { outbox } = store
  const ended = new AbortController()
  let under: Promise<void> | undefined

  const attempt = async (notice: Notice): Promise<void> => {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(ATTEMPT_MS)])
    // A notifier that does not heed the signal is not waited for.
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('the attempt was aborted')), { once: true })
    })
    // INVARIANT: the race is on before the notifier runs: one that throws at once must not leave `aborted` to nobody.
    const told = Promise.resolve().then(() => notifier.notify(tellNotice(notice, urlOf).message, signal))
    await Promise.race([told, aborted])
  }

  const giveUp = async (notice: Notice): Promise<void> => {
    await outbox.giveUp(notice.id)
    const { trace = randomBytes(16).toString('hex'), tool, detail } = tellNotice(notice, urlOf)
    await audit.append({ trace, step: 'system', outcome: 'failed', tool, detail })
  }

  const handle = async (notice: Notice): Promise<void> => {
    // Its holder may have died of it each time.
    if (notice.attempts > MOST_ATTEMPTS) return giveUp(notice)
    try {
      await attempt(notice)
    } catch {
      // What a notifier fails with may quote what it was given: it is not recorded.
      if (ended.signal.aborted) return
      if (notice.attempts >= MOST_ATTEMPTS) return giveUp(notice)
      return outbox.retry(notice.id, Math.floor(clock()) + waitAfter(notice.attempts))
    }
    await outbox.delivered(notice.id)
  }

  const work = async (): Promise<void> => {
    try {
      if (about === 'approval') await store.expire()
      while (!ended.signal.aborted) {
        const notice = await outbox.take(about, LEASE_MS)
        if (!notice) return
        await handle(notice)
      }
    } catch {
      // The state or the log does not answer: what was taken is due again when its lease is over.
    }
  }

  const deliver = (): Promise<void> => {
    under ??= work().finally(() => {
      under = undefined
    })
    return under
  }
  const timer = setInterval(() => void deliver(), every)
  timer.unref()

  return {
    deliver,
    async close() {
      clearInterval(timer)
      ended.abort()
      await under
    },
  }
}

/** How long is waited after so many attempts, in milliseconds: twice as long each time, and never quite the same. */
function waitAfter(attempts: number): number {
  const wait = FIRST_RETRY_MS * 2 ** (attempts - 1)
  return Math.floor(wait * (1 + Math.random() / 10))
}
