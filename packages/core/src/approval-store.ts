import type { Approval, ApprovalConsent, ApprovingPerson } from './approval.ts'
import type { NoticeOutbox } from './notice-outbox.ts'
import type { CallerKey } from './state-ports.ts'

/** A request before anybody answered it. */
export type ApprovalRequest = Omit<Approval, 'state' | 'consents' | 'ended'>

/** How many requests may wait at once, and whether anybody is told of this one. */
export interface ApprovalBounds {
  /** Of one subject through one actor. */
  readonly caller: number
  /** Of everybody together, asking the same people. */
  readonly asked: number
  /** Whether the outbox is to tell of it and of what becomes of it. */
  readonly notify: boolean
}

/**
 * Remembers who consented to what. Every change is atomic: of several racers one wins. What is over is kept for a while, so that people see how
 * it ended. A request that has expired is read as `expired`, whether or not `expire` came by.
 */
export interface ApprovalStore {
  /**
   * Keeps a request. One that stands for the same binding (waits, is approved and unused, or is denied) is returned instead, with its own id.
   * Resolves to `undefined` when as many wait as may.
   */
  request(approval: ApprovalRequest, bounds: ApprovalBounds): Promise<Approval | undefined>
  get(id: string): Promise<Approval | undefined>
  /** What stands for a binding: waits, is approved and unused, or is denied; unexpired. */
  standing(binding: string): Promise<Approval | undefined>
  /** The requests of one caller, the newest first, at most 100. */
  requestedBy(caller: CallerKey): Promise<readonly Approval[]>
  /** What waits for anybody of `asked`, the oldest first, at most 100. */
  waitingFor(asked: readonly string[]): Promise<readonly Approval[]>
  /** What is kept, the newest first, at most 100: for an operator. */
  list(): Promise<readonly Approval[]>
  /**
   * Adds one person's consent to the `given` that are there, and tells whether they are now everybody who is needed. Resolves to false unless it
   * was pending, unexpired and had exactly so many.
   */
  consent(id: string, given: number, consent: ApprovalConsent, isComplete: boolean): Promise<boolean>
  /** Denies what waits or is approved and unused, for as long as it lasts and at least until `until`. Resolves to false otherwise. */
  deny(id: string, by: ApprovingPerson, until: number): Promise<boolean>
  /** Withdraws what waits or is approved and unused. Resolves to false otherwise. */
  withdraw(id: string, by?: ApprovingPerson): Promise<boolean>
  /** Uses an approval up. Resolves to false unless it was approved, unexpired and unused. */
  use(id: string): Promise<boolean>
  /** Ends what has expired, and resolves to how many it ended: call it now and then. */
  expire(): Promise<number>
  /** What is to be told of requests, and of calls that are obliged to it. */
  readonly outbox: NoticeOutbox
}
