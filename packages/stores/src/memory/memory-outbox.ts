import type {
  Approval,
  ApprovalEvent,
  ApprovalNotice,
  Clock,
  NoticeOutbox,
  Notices,
  ObligationNotice,
  ObligedNotice,
} from '@lockstep/core'
import { APPROVAL_KEPT_MS, MOST_LISTED, MOST_OBLIGED_NOTICES } from '../approval-kept.ts'
import { checkNotice } from '../check-notice.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import { createForgetDue } from '../forget-due.ts'
import type { OpenState } from './open-state.ts'

/** The outbox of approvals, and of obligations, in this process. */
export interface MemoryOutbox extends NoticeOutbox {
  tell(id: string, event: ApprovalEvent, approval: string): void
  /** Forgets what is about one request. */
  forget(approval: string): void
}

interface Waiting {
  readonly id: string
  readonly about: { readonly event: ApprovalEvent; readonly approval: string } | { readonly obliged: ObligationNotice }
  readonly at: number
  readonly dueAt: number
  readonly attempts: number
  readonly isGivenUp: boolean
}

/** Creates an outbox that ends with the process. `read` finds the request that a notice is about. */
export function createMemoryOutbox(
  clock: Clock,
  open: OpenState,
  read: (approval: string) => Approval | undefined,
): MemoryOutbox {
  const waiting = new Map<string, Waiting>()
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())

  function change(id: string, over: Partial<Waiting>): void {
    const known = waiting.get(id)
    if (known) waiting.set(id, { ...known, ...over })
  }

  const noticeOf: { readonly [About in keyof Notices]: (one: Waiting) => Notices[About] | undefined } = {
    approval({ id, about, at, attempts }): ApprovalNotice | undefined {
      const approval = 'event' in about ? read(about.approval) : undefined
      return 'event' in about && approval ? { id, event: about.event, at, attempts, approval } : undefined
    },
    obligation({ id, about, at, attempts }): ObligedNotice | undefined {
      return 'obliged' in about ? { id, event: 'obliged', at, attempts, obliged: about.obliged } : undefined
    },
  }
  const all = (about: keyof Notices, isGivenUp: boolean) =>
    [...waiting.values()].filter(
      (one) => 'obliged' in one.about === (about === 'obligation') && one.isGivenUp === isGivenUp,
    )

  return {
    tell(id, event, approval) {
      const at = now()
      waiting.set(id, { id, about: { event, approval }, at, dueAt: at, attempts: 0, isGivenUp: false })
    },
    forget(approval) {
      for (const { id, about } of waiting.values()) {
        if ('event' in about && about.approval === approval) waiting.delete(id)
      }
    },
    async put(notice) {
      open.check()
      const { id, at } = checkNotice(notice)
      const time = now()
      if (forgetDue(time)) {
        for (const lost of all('obligation', true)) if (lost.at <= time - APPROVAL_KEPT_MS) waiting.delete(lost.id)
      }
      if (waiting.has(id)) return true
      if (all('obligation', false).length >= MOST_OBLIGED_NOTICES) return false
      const about = { obliged: structuredClone(notice) }
      waiting.set(id, { id, about, at, dueAt: time, attempts: 0, isGivenUp: false })
      return true
    },
    async take(about, leaseMs) {
      open.check()
      const at = now()
      const due = all(about, false).filter(({ dueAt }) => dueAt <= at)
      const [next] = due.sort((a, b) => a.dueAt - b.dueAt || a.at - b.at)
      if (!next) return undefined
      const taken = { ...next, attempts: next.attempts + 1, dueAt: at + leaseMs }
      waiting.set(next.id, taken)
      return noticeOf[about](taken)
    },
    async delivered(id) {
      open.check()
      checkText('id', id)
      waiting.delete(id)
    },
    async retry(id, at) {
      open.check()
      checkText('id', id)
      checkTime('at', at)
      change(id, { dueAt: at })
    },
    async giveUp(id) {
      open.check()
      checkText('id', id)
      change(id, { isGivenUp: true })
    },
    async givenUp(about) {
      open.check()
      const lost = all(about, true).sort((a, b) => b.at - a.at)
      return lost.slice(0, MOST_LISTED).flatMap((one) => noticeOf[about](one) ?? [])
    },
  }
}
