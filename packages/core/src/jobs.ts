import type { Standing } from './revocation.ts'
import type { CallerKey } from './state-ports.ts'

/** What work after an answer was agreed to, as it is kept: who, what and how long, and nothing that it needs to run. */
export interface JobGrant extends CallerKey {
  /** Unguessable. */
  readonly id: string
  /** Digest of the sealed grant: no other text opens this job. */
  readonly digest: string
  readonly tool: string
  /** What it is for, in the words of whoever granted it: for operators and the audit log. */
  readonly purpose: string
  /** The id of the call that granted it. */
  readonly call: string
  /** The trace of that call: everything that the job does is recorded under it. */
  readonly trace: string
  /** Milliseconds since the epoch. */
  readonly grantedAt: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** How often it may be started, above 0. */
  readonly mostStarts: number
}

/**
 * What became of a job. `waiting`: it may be started. `running`: somebody runs it until its lease ends. `unknown`: whoever ran it did not say
 * how it ended, so nobody knows whether its effect happened; it stays so until an operator resolves it. The others are final.
 */
export type JobState = 'waiting' | 'running' | 'unknown' | 'completed' | 'failed' | 'cancelled'

/** A granted job, as it is now. */
export interface JobRecord extends JobGrant {
  readonly state: JobState
  /** How often it was started. */
  readonly starts: number
  /** When the state changed last. Milliseconds since the epoch. */
  readonly changedAt: number
  /** What was kept of its end, as JSON text. */
  readonly answer?: string
  /** The id of the call that it last ran as, where nobody knows how that ended: what it reserved is reserved by that call. */
  readonly run?: string
}

/** Who runs a job, and until when nobody else does. */
export interface JobLease {
  /** Unguessable, and of this one run: the id of the call that it runs as. */
  readonly runner: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** Why a job did not start: its state, or that it is not there (or has expired), or rests on something revoked. */
export type JobStart = 'started' | 'absent' | 'revoked' | Exclude<JobState, 'waiting'>

/**
 * How a run ended. `not-started`: provably nothing ran, and the start does not count. `failed`: it is over and may be started again as long as
 * starts are left.
 * `refused`: it has failed, whatever is left. `unknown`: an operator must look.
 */
export type JobEnd = 'completed' | 'failed' | 'refused' | 'unknown' | 'not-started'

/** Keeps what was granted. Every change is atomic: of any number of racers one starts, and one ends. */
export interface JobStore {
  /** Keeps a grant. Durable when it resolves. Rejects with `state.unavailable` when it is not. */
  grant(grant: JobGrant): Promise<void>
  /** What has expired is not there, unless it runs or its outcome is unknown. */
  get(id: string): Promise<JobRecord | undefined>
  /**
   * Starts a job and leases it, unless its state, its expiry, its digest or a revocation of what it stands under says no: one statement decides on
   * all of them. What does not start leaves nothing behind.
   */
  start(id: string, digest: string, lease: JobLease, standing: readonly Standing[]): Promise<JobStart>
  /** Moves the end of a lease. Resolves to false, and changes nothing, unless this runner still holds it. */
  renew(id: string, lease: JobLease): Promise<boolean>
  /**
   * Ends the run of this runner, and keeps an answer where there is one. Resolves to false, and changes nothing, when the job was cancelled or
   * resolved meanwhile.
   */
  end(id: string, runner: string, end: JobEnd, answer?: string): Promise<boolean>
  /** Cancels what waits or runs; whoever runs it is told at the next renewal. Resolves to false for anything else. */
  cancel(id: string): Promise<boolean>
  /** What waits, runs, or has an unknown outcome, oldest first, for an operator. */
  open(): Promise<readonly JobRecord[]>
  /**
   * An operator's word on a job whose outcome is unknown: `happened` completes it, `did-not-happen` lets it be started again. False when it is
   * not unknown.
   */
  resolve(id: string, outcome: 'happened' | 'did-not-happen'): Promise<boolean>
}
