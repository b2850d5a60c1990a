import { randomBytes } from 'node:crypto'
import {
  type AuditEvent,
  type AuthorizedCall,
  type Caller,
  type Denial,
  deepFreeze,
  digest,
  type ErrorCode,
  isJsonObject,
  isLockstepError,
  type JobLease,
  LockstepError,
  type Outcome,
  type Seal,
} from '@lockstep/core'
import { authorityOf } from '../authority-of.ts'
import { callerKey } from '../caller-key.ts'
import { describeCall } from '../describe-call.ts'
import { describeDenial } from '../describe-denial.ts'
import type { PipelineParts } from '../pipeline.ts'
import { recordEnd } from '../revocation/record-end.ts'
import type { CreateGrantParts } from './create-grant.ts'
import { changedSince, decideJob, type PermittedJob, refusedJob } from './decide-job.ts'
import { type GrantedJob, readGrantedJob } from './granted-job.ts'
import type { Job, JobOutcome, RunJob } from './job.ts'
import { writeJobAnswer } from './job-answer.ts'
import { codeOfStart } from './job-refusal.ts'
import { type LiveJob, type LiveJobParts, openLiveJob } from './live-job.ts'
import { isTask } from './task-id.ts'

/** What running jobs needs. */
export interface RunJobParts
  extends Omit<CreateGrantParts, 'catalog' | 'tools' | 'standingOf'>,
    LiveJobParts,
    Pick<PipelineParts, 'release' | 'raise' | 'authorityOf'> {
  readonly seal: Seal<Caller>['seal']
}

/** One start of one job. */
interface Run {
  readonly job: GrantedJob
  readonly digest: string
  readonly runner: string
  readonly record: (event: Omit<AuditEvent, 'trace' | 'subject' | 'actor'>) => Promise<void>
}

/** One that was started, and what is told of its end. */
interface Running extends Run {
  readonly settle: PermittedJob['settle']
}

/** For as long as a job is held that is ended at once. */
const LEAST_LEASE_MS = 1_000

const INVALID: Denial = { code: 'invocation.grant-invalid' }

/** Creates `lockstep.job`. */
export function createRunJob(parts: RunJobParts): RunJob {
  const { store, sealer, audit } = parts

  const refuse = async ({ record, job }: Pick<Run, 'record' | 'job'>, denial: Denial): Promise<JobOutcome> => {
    const { detail, ...policies } = describeDenial(denial)
    const event = { step: 'invocation', outcome: 'denied', code: denial.code, tool: job.call.tool } as const
    const recorded = record({ ...event, ...policies, detail: { ...detail, grant: job.id } })
    const code = await recorded.then(
      () => denial.code,
      (): ErrorCode => 'audit.unavailable',
    )
    return { ok: false, code, mayRetry: MAY_PASS.has(code) }
  }

  /** A denied task has failed: its client waits for an answer, and nobody would start it again. */
  const refuseDecided = async (work: Run, denial: Denial): Promise<JobOutcome> => {
    const { job, runner } = work
    if (!isTask(job.id) || MAY_PASS.has(denial.code)) return refuse(work, denial)
    const lease = { runner, until: Math.ceil(parts.clock()) + LEAST_LEASE_MS }
    const started = await store.start(job.id, work.digest, lease, [])
    if (started === 'started') await store.end(job.id, runner, 'refused', writeJobAnswer({ code: denial.code }))
    return refuse(work, denial)
  }

  const openSealed = async (sealed: string): Promise<Run | undefined> => {
    const content = await sealer.open(sealed)
    if (!content) return undefined
    const read = readGrantedJob(content)
    const caller = parts.seal(deepFreeze({ ...read.caller }))
    const { trace, subject, actor } = caller
    return {
      job: { ...read, caller, call: deepFreeze(read.call) },
      digest: digest(sealed),
      runner: randomBytes(18).toString('base64url'),
      record: (event) => audit.append({ trace, subject: subject.id, actor: actor.id, ...event }),
    }
  }

  /** Leases a permitted job, uses up what it rests on and records the intent: durable before anything runs. */
  const claim = async (work: Run, permitted: PermittedJob): Promise<Outcome<AuthorizedCall>> => {
    const { job, runner } = work
    const lease = { runner, until: permitted.call.deadline }
    const started = await store.start(job.id, work.digest, lease, job.standing)
    if (started !== 'started') return { ok: false, denial: { code: codeOfStart(started) } }
    try {
      const committed = await permitted.commit()
      if (committed.ok) await recordIntent(work, committed.value, lease)
      else await store.end(job.id, runner, 'not-started')
      return committed
    } catch (error) {
      await permitted.release()
      await store.end(job.id, runner, 'not-started')
      throw error
    }
  }

  const recordIntent = async ({ job, record }: Run, call: AuthorizedCall, lease: JobLease): Promise<void> => {
    try {
      // INVARIANT: a call is over when its lease is: one that was decided on again has a later deadline.
      const held = call.deadline <= lease.until || (await store.renew(job.id, { ...lease, until: call.deadline }))
      if (!held) throw new LockstepError('invocation.call-closed')
      await record({
        step: 'invocation',
        outcome: 'permitted',
        tool: call.tool,
        policies: call.decision.policies,
        policyVersion: call.policyVersion,
        detail: {
          ...describeCall(call, parts.authorityOf),
          grant: job.id,
          origin: job.origin,
          changed: [...changedSince(call, job)],
        },
      })
    } catch (error) {
      parts.lifecycle.close(call)
      throw error
    }
  }

  const complete = async (
    { job, runner, record, settle }: Running,
    live: LiveJob,
    returned: unknown,
  ): Promise<JobOutcome> => {
    const call = live.call()
    const result = { structuredContent: isJsonObject(returned) ? returned : {}, content: [] }
    const { message, code, withheld, labels } = await parts.release(
      call,
      { jsonrpc: '2.0', id: job.id, result },
      'enforce',
    )
    await parts.raise(call, labels)
    await record({
      step: 'response',
      outcome: code ? 'failed' : 'completed',
      ...(code ? { code } : {}),
      tool: call.tool,
      policyVersion: call.policyVersion,
      detail: { call: call.id, grant: job.id, ...withheld },
    })
    await settle()
    const released = isJsonObject(message.result) ? message.result : {}
    const kept = {
      result: released,
      authority: authorityOf(job.caller, call.facts, call.policyVersion),
      labels: await parts.history.labels(callerKey(job.caller)),
    }
    // Somebody cancelled it, or an operator spoke for it, while it ended.
    if (!(await store.end(job.id, runner, 'completed', writeJobAnswer(kept)))) return over('invocation.call-closed')
    if (code) return over(code)
    return { ok: true, result: isJsonObject(released.structuredContent) ? released.structuredContent : {} }
  }

  const fail = async (
    { job, runner, record, settle }: Running,
    call: AuthorizedCall,
    code: ErrorCode,
  ): Promise<JobOutcome> => {
    await record({
      step: 'response',
      outcome: 'failed',
      code,
      tool: call.tool,
      policyVersion: call.policyVersion,
      detail: { call: call.id, grant: job.id },
    })
    await settle()
    await store.end(job.id, runner, 'failed', writeJobAnswer({ code }))
    const left = await store.get(job.id)
    return { ok: false, code, mayRetry: left?.state === 'waiting' && left.starts < left.mostStarts }
  }

  /** Nobody knows how far it came: what it began may still take effect. */
  const giveUp = async ({ job, runner }: Run, live: LiveJob, code: ErrorCode): Promise<JobOutcome> => {
    await recordEnd(audit, live.exchange, code)
    await store.end(job.id, runner, 'unknown').catch(() => false)
    // Whoever comes again starts nothing, and is told how it ended.
    return over(code)
  }

  const goOn = async (work: Running, live: LiveJob, fn: (job: Job) => unknown): Promise<JobOutcome> => {
    try {
      let returned: unknown
      try {
        returned = await live.within(fn)
      } catch (error) {
        const interrupted = live.interrupted()
        if (interrupted) return await giveUp(work, live, interrupted)
        return await fail(work, live.call(), codeOf(error))
      }
      const refused = live.refused()
      if (refused) return await fail(work, live.call(), refused)
      // INVARIANT: what ran to its end is never called failed, which would run it again.
      return await complete(work, live, returned).catch((error: unknown) => giveUp(work, live, codeOf(error)))
    } finally {
      live.close()
    }
  }

  /** Nobody knows whose it was meant to be, so it is recorded under a trace of its own. */
  const refuseText = async (): Promise<JobOutcome> => {
    const event = { step: 'invocation', outcome: 'denied', code: INVALID.code } as const
    await audit.append({ trace: randomBytes(16).toString('hex'), ...event })
    return over(INVALID.code)
  }

  return async (sealed, fn) => {
    try {
      const passage = parts.exchanges.enter()
      const work = await openSealed(sealed)
      if (!work) return await refuseText()
      const kept = await store.get(work.job.id)
      const early = kept?.digest === work.digest ? EARLY[kept.state] : 'absent'
      if (early) return await refuse(work, { code: codeOfStart(early) })
      const decided = await decideJob(parts, work.job)
      if (!decided.ok) return await refuseDecided(work, refusedJob(decided.denial))
      // What it reserves is found by the id of the call that it runs as.
      const run = { ...work, runner: decided.value.call.id }
      const claimed = await claim(run, decided.value)
      if (!claimed.ok) return await refuse(work, refusedJob(claimed.denial))
      const live = openLiveJob(parts, { ...run, call: claimed.value, passage })
      return await goOn({ ...run, settle: decided.value.settle }, live, fn)
    } catch (error) {
      return over(codeOf(error))
    }
  }
}

/** What refuses a job whatever the policy says, and is told before it is asked. The statement that starts it decides. */
const EARLY = {
  waiting: undefined,
  running: 'running',
  unknown: 'unknown',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const

/** What may be otherwise in a moment, without anybody changing what is permitted. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invocation.in-progress',
  'state.unavailable',
  'state.feed-silent',
  'audit.unavailable',
  'policy.facts-unavailable',
])

function over(code: ErrorCode): JobOutcome {
  return { ok: false, code, mayRetry: MAY_PASS.has(code) }
}

function codeOf(error: unknown): ErrorCode {
  return isLockstepError(error) ? error.code : 'invocation.handler-failed'
}
