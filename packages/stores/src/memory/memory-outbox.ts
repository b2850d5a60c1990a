import type { Approval, ApprovalEvent, ApprovalNotice, ApprovalOutbox, Clock } from '@lockstep/core'
import { MOST_LISTED } from '../approval-kept.ts'
import { checkText } from '../check-text.ts'
import { checkTime } from '../check-time.ts'
import type { OpenState } from './open-state.ts'

/** The outbox of approvals in this process. */
export interface MemoryOutbox extends ApprovalOutbox {
  put(id: string, event: ApprovalEvent, approval: string): void
  /** Forgets what is about one request. */
  forget(approval: string): void
}

interface Waiting {
  readonly id: string
  readonly event: ApprovalEvent
  readonly approval: string
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
  const now = () => Math.floor(clock())

  function change(id: string, over: Partial<Waiting>): void {
    const known = waiting.get(id)
    if (known) waiting.set(id, { ...known, ...over })
  }

  function noticeOf({ id, event, at, attempts, approval }: Waiting): ApprovalNotice | undefined {
    const about = read(approval)
    return about && { id, event, at, attempts, approval: about }
  }

  return {
    put(id, event, approval) {
      const at = now()
      waiting.set(id, { id, event, approval, at, dueAt: at, attempts: 0, isGivenUp: false })
    },
    forget(approval) {
      for (const one of waiting.values()) if (one.approval === approval) waiting.delete(one.id)
    },
    async take(leaseMs) {
      open.check()
      const at = now()
      const due = [...waiting.values()].filter(({ isGivenUp, dueAt }) => !isGivenUp && dueAt <= at)
      const [next] = due.sort((a, b) => a.dueAt - b.dueAt || a.at - b.at)
      if (!next) return undefined
      const taken = { ...next, attempts: next.attempts + 1, dueAt: at + leaseMs }
      waiting.set(next.id, taken)
      return noticeOf(taken)
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
    async givenUp() {
      open.check()
      const lost = [...waiting.values()].filter(({ isGivenUp }) => isGivenUp).sort((a, b) => b.at - a.at)
      return lost.slice(0, MOST_LISTED).flatMap((one) => noticeOf(one) ?? [])
    },
  }
}
