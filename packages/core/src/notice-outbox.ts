import type { ApprovalNotice } from './approval-notice.ts'
import type { ObligationNotice } from './obligation-port.ts'

/** A call that a policy obliges to be told of. */
export interface ObligedNotice {
  readonly id: string
  readonly event: 'obliged'
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number
  /** How often it was tried, this time included. */
  readonly attempts: number
  readonly obliged: ObligationNotice
}

/** What is to be told, by what it is about. */
export interface Notices {
  readonly approval: ApprovalNotice
  readonly obligation: ObligedNotice
}

/**
 * What is still to be told. A notice of a request is written in the statement that changes the request, and one of a call before anything of its
 * answer leaves, so that a crash loses none; it leaves the outbox when it was delivered, and stays there, visibly, when it was given up.
 */
export interface NoticeOutbox {
  /** Keeps what an obligation tells, durable when it resolves; one whose id is kept is left as it is. Resolves to false when as many wait as may. */
  put(notice: ObligationNotice): Promise<boolean>
  /** Takes the notice about this that is due the longest. Nobody else is given it for `leaseMs` milliseconds; then it is due again. */
  take<About extends keyof Notices>(about: About, leaseMs: number): Promise<Notices[About] | undefined>
  delivered(id: string): Promise<void>
  /** Tries again at `at` (milliseconds since the epoch). */
  retry(id: string, at: number): Promise<void>
  giveUp(id: string): Promise<void>
  /** What was given up, the newest first, at most 100. What is about a call is forgotten after a week. */
  givenUp<About extends keyof Notices>(about: About): Promise<readonly Notices[About][]>
}
