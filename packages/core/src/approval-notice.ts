import type { Approval } from './approval.ts'

/** What became of a request for consent. `decided` is one person's consent or denial. */
export type ApprovalEvent = 'requested' | 'decided' | 'withdrawn' | 'expired'

/** Something that is to be told about a request. */
export interface ApprovalNotice {
  /** The same for every attempt: whoever is told twice knows it by this. */
  readonly id: string
  readonly event: ApprovalEvent
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number
  /** How often it was tried, this time included. */
  readonly attempts: number
  /** The request as it is now. */
  readonly approval: Approval
}

/**
 * What is still to be told. A notice is written in the statement that changes the request, so that a crash loses none; it leaves the outbox when
 * it was delivered, and stays there, visibly, when it was given up.
 */
export interface ApprovalOutbox {
  /** Takes the notice that is due the longest. Nobody else is given it for `leaseMs` milliseconds; then it is due again. */
  take(leaseMs: number): Promise<ApprovalNotice | undefined>
  delivered(id: string): Promise<void>
  /** Tries again at `at` (milliseconds since the epoch). */
  retry(id: string, at: number): Promise<void>
  giveUp(id: string): Promise<void>
  /** What was given up, the newest first, at most 100. */
  givenUp(): Promise<readonly ApprovalNotice[]>
}

/**
 * Tells people of requests for their consent. Each notice is delivered at least once; a rejection is retried, later and later, and at last given
 * up.
 */
export interface Notifier {
  notify(notice: ApprovalNotice): Promise<void>
}
