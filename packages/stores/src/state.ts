import type {
  ApprovalStore,
  Clock,
  HistoryStore,
  IdempotencyStore,
  JobStore,
  RateLimiter,
  RelationTuples,
  RevocationFeed,
  RevocationStore,
  SingleUseStore,
  SpendingStore,
} from '@lockstep/core'
import type { AuditPlace } from './audit-place.ts'

/** Lockstep's own state, wherever it is kept. */
export interface State {
  readonly singleUse: SingleUseStore
  /** What was revoked; `singleUse` refuses it. */
  readonly revocations: RevocationStore
  /** Tells what was revoked, here or by any other process over the same state. */
  readonly feed: RevocationFeed
  /** What callers have already been given. */
  readonly history: HistoryStore
  /** What calls have spent in sliding windows, and what was used. */
  readonly spending: SpendingStore
  /** Who consented to what. */
  readonly approvals: ApprovalStore
  /** Answers for retries. */
  readonly idempotency: IdempotencyStore
  /** What was granted for work after the answer. */
  readonly jobs: JobStore
  /** Who stands in which relation to what. */
  readonly relations: RelationTuples
  /** Counts requests and calls against limits. */
  readonly rateLimiter: RateLimiter
  /**
   * Returns the text kept under `name`, made by `make` the first time: signing keys live here, so that what was signed before
   * a restart verifies after it. `name` is lower case letters, digits and dashes (`TypeError` otherwise). Rejects with
   * `state.unavailable` when it cannot be read or written.
   */
  keep(name: string, make: () => string | Promise<string>): Promise<string>
  /** Where this instance's audit log lies. Absent in memory. */
  readonly audit?: AuditPlace
  /** Releases everything. Afterwards every method rejects with `state.unavailable`. */
  close(): Promise<void>
}

/** Where state is kept, before it is opened: what the configuration names. */
export interface StateSource {
  /**
   * Opens it, and holds nothing when it rejects: with `state.*`, one message that names what is wrong. `base` is where relative paths
   * start from; `bound` how long the feed may be silent at most, in milliseconds (5000 when nothing is said). `beside` names an instance that
   * lives for one command beside the one that serves: it has a folder of its own, of this name in the instance's.
   */
  open(context: {
    readonly clock: Clock
    readonly base: string
    readonly bound?: number | undefined
    readonly beside?: string | undefined
  }): Promise<State>
}
