import { type Clock, type JobStore, LockstepError } from '@lockstep/core'
import { checkAnswer } from '../check-answer.ts'
import { checkJob, checkLease } from '../check-job.ts'
import { checkResolution } from '../check-resolution.ts'
import { checkText } from '../check-text.ts'
import { checkStanding } from '../check-use.ts'
import { createForgetDue } from '../forget-due.ts'
import { jobNow, type KeptJob, refuseStart } from '../job-state.ts'
import type { MemoryRevocations } from './memory-revocations.ts'
import type { OpenState } from './open-state.ts'

/** Creates a store of jobs in this process, which end with it. */
export function createMemoryJobs(
  clock: Clock,
  open: OpenState,
  revocations: Pick<MemoryRevocations, 'covers'>,
): JobStore {
  const kept = new Map<string, KeptJob>()
  const forgetDue = createForgetDue(clock)
  const now = () => Math.floor(clock())

  function check(id: string) {
    open.check()
    checkText('id', id)
    const job = kept.get(id)
    return { job, seen: job && jobNow(job, now()) }
  }

  return {
    async grant(grant) {
      open.check()
      const checked = checkJob(grant)
      const at = now()
      if (forgetDue(at)) for (const [id, job] of kept) if (!jobNow(job, at)) kept.delete(id)
      if (kept.has(checked.id)) throw new LockstepError('state.unavailable', 'the job is there already')
      kept.set(checked.id, { ...checked, state: 'waiting', starts: 0, changedAt: checked.grantedAt })
    },
    async get(id) {
      return check(id).seen
    },
    async start(id, digest, lease, standing) {
      checkText('digest', digest)
      checkLease(lease)
      checkStanding(standing)
      const { job, seen } = check(id)
      const refused = refuseStart(seen?.digest === digest ? seen : undefined, revocations.covers(standing))
      if (refused || !job) return refused ?? 'absent'
      const { runner, until } = lease
      kept.set(id, { ...job, state: 'running', starts: job.starts + 1, changedAt: now(), runner, leasedUntil: until })
      return 'started'
    },
    async renew(id, lease) {
      checkLease(lease)
      const { job, seen } = check(id)
      if (!job || seen?.state !== 'running' || job.runner !== lease.runner) return false
      kept.set(id, { ...job, leasedUntil: lease.until })
      return true
    },
    async end(id, runner, end, answer) {
      checkText('runner', runner)
      if (answer !== undefined) checkAnswer(answer)
      const { job } = check(id)
      if (job?.state !== 'running' || job.runner !== runner) return false
      const starts = end === 'not-started' ? job.starts - 1 : job.starts
      const isOpen = end === 'not-started' || (end === 'failed' && starts < job.mostStarts)
      const over = end === 'refused' || end === 'not-started' ? 'failed' : end
      const state = isOpen ? 'waiting' : over
      const left = state === 'unknown' ? runner : undefined
      const ended = { runner: left, leasedUntil: undefined, answer: answer ?? job.answer }
      kept.set(id, { ...job, ...ended, state, starts, changedAt: now() })
      return true
    },
    async cancel(id) {
      const { job, seen } = check(id)
      if (!job || (seen?.state !== 'waiting' && seen?.state !== 'running')) return false
      kept.set(id, { ...job, state: 'cancelled', changedAt: now(), runner: undefined, leasedUntil: undefined })
      return true
    },
    async open() {
      open.check()
      const jobs = [...kept.values()].flatMap((job) => jobNow(job, now()) ?? [])
      return jobs
        .filter(({ state }) => state === 'waiting' || state === 'running' || state === 'unknown')
        .sort((a, b) => a.grantedAt - b.grantedAt)
    },
    async resolve(id, outcome) {
      checkResolution(outcome)
      const { job, seen } = check(id)
      if (!job || seen?.state !== 'unknown') return false
      const state = outcome === 'happened' ? 'completed' : 'waiting'
      const starts = state === 'waiting' ? job.starts - 1 : job.starts
      kept.set(id, { ...job, state, starts, changedAt: now(), runner: undefined, leasedUntil: undefined })
      return true
    },
  }
}
