import type { AuthorizedCall, ErrorCode, JsonObject } from '@lockstep/core'

import type { JobCall } from './job-token.ts'

/** A job while it runs. */
export interface Job {
  readonly id: string
  /** What it was granted for. */
  readonly purpose: string
  /** The call as it is authorized now: another object after each checkpoint. */
  readonly call: AuthorizedCall
  /** Aborted as soon as the job is over before its time: it was revoked or cancelled, or its deadline passed. */
  readonly signal: AbortSignal
  /**
   * Decides on the job again, as it was decided at its start, and moves its deadline: between two steps of long work. Where it may not go on
   * everything that the job began is over: its clients refuse.
   *
   * @throws LockstepError the code of the denial; whoever throws it on ends the job with it
   */
  checkpoint(): Promise<void>
  /**
   * A transaction token for one call of another service, which resumes it as the call of the person and the agent that it is: to be sent as
   * `Txn-Token` over a connection with this worker's certificate. That service names this worker among its `mediators`. See `JobCall`.
   */
  txnToken(call: JobCall): Promise<string>
}

/** What came of starting a job. */
export type JobOutcome =
  | {
      readonly ok: true
      /** What the function returned, released as the tool's `structuredContent` would be. */
      readonly result: JsonObject
    }
  | {
      readonly ok: false
      readonly code: ErrorCode
      /** Whether the same grant may be started again: hand it back to the queue. Otherwise it is of no more use. */
      readonly mayRetry: boolean
    }

/**
 * Runs work that was granted in a call, after that call was answered and perhaps in another process over the same state. Everything is
 * decided again at the start: relationships and the resource are read afresh, the policy in force is asked, and whatever was revoked since ends
 * it. Guarded clients work inside `fn` as they do in a handler, and refuse once it is over.
 *
 * One runner at a time; what is refused has no effect, runs nothing and is recorded under the trace of the call that granted it. Rejects with
 * nothing: what `fn` throws is recorded and answered as `invocation.handler-failed`, or as its own code where it has one.
 *
 * Codes: `invocation.grant-invalid` for a text that is no grant of this state, or one that expired or was started too often;
 * `invocation.call-closed` once it is done or cancelled; `invocation.in-progress` while another runner has it; `invocation.outcome-unknown` when a
 * runner never said how it ended, until an operator resolves it; `invocation.revoked`; and every denial of a call.
 */
export type RunJob = (grant: string, fn: (job: Job) => JobResult | Promise<JobResult>) => Promise<JobOutcome>

/** What a job returns, as a handler returns `structuredContent`; nothing where it has nothing to tell. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a result is the common case
export type JobResult = Readonly<Record<string, unknown>> | undefined | void
