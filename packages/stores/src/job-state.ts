import type { JobGrant, JobRecord, JobStart, JobState } from '@lockstep/core'

/** A job as it is kept. */
export interface KeptJob extends JobGrant {
  readonly state: JobState
  readonly starts: number
  readonly changedAt: number
  readonly runner?: string | undefined
  readonly leasedUntil?: number | undefined
  readonly answer?: string | undefined
}

/**
 * What a kept job is now. INVARIANT: whoever ran it does nothing with it after its lease, so one that is still `running` then is one whose outcome
 * nobody knows, and stands like that beyond its expiry.
 */
export function jobNow(kept: KeptJob, now: number): JobRecord | undefined {
  const { runner, leasedUntil = 0, answer, ...job } = kept
  const state = job.state === 'running' && leasedUntil <= now ? 'unknown' : job.state
  if (job.expiresAt <= now && state !== 'running' && state !== 'unknown') return undefined
  const run = state === 'unknown' ? runner : undefined
  return { ...job, state, ...(answer === undefined ? {} : { answer }), ...(run === undefined ? {} : { run }) }
}

/** Why a job did not start, by what it is now; `undefined` when nothing speaks against it. */
export function refuseStart(job: JobRecord | undefined, isRevoked: boolean): Exclude<JobStart, 'started'> | undefined {
  if (!job) return 'absent'
  if (job.state !== 'waiting') return job.state
  return isRevoked ? 'revoked' : undefined
}
