import {
  type AuditEvent,
  type AuthorizedCall,
  type Clock,
  type ErrorCode,
  isLockstepError,
  type JobStore,
  LockstepError,
} from '@lockstep/core'
import type { CallLifecycle } from '@lockstep/invocation'
import type { Exchange, ExchangeContext } from '../exchange.ts'
import type { OpenExchanges, Passage } from '../revocation/open-exchanges.ts'
import type { RestsOnOf } from '../revocation/rests-on.ts'
import { decideJob } from './decide-job.ts'
import type { GrantedJob } from './granted-job.ts'
import type { Job } from './job.ts'
import { issueJobToken, type JobTokenParts } from './job-token.ts'

/** What a job needs while it runs. */
export interface LiveJobParts extends JobTokenParts {
  readonly store: JobStore
  readonly lifecycle: CallLifecycle
  readonly context: ExchangeContext
  readonly exchanges: OpenExchanges
  readonly restsOn: RestsOnOf
  readonly clock: Clock
  /** Ends a job that runs in this process, by its id. */
  readonly running: Map<string, (code: ErrorCode) => void>
  /** How often it is looked whether another process cancelled the job, in milliseconds. */
  readonly bound: number
}

/** One start of one job that was permitted, claimed and recorded. */
export interface StartedJob {
  readonly job: GrantedJob
  readonly runner: string
  /** Open. */
  readonly call: AuthorizedCall
  /** Begun before it was decided on. */
  readonly passage: Passage
  readonly record: (event: Omit<AuditEvent, 'trace' | 'subject' | 'actor'>) => Promise<void>
}

/** A job while it runs, as its runner sees it. */
export interface LiveJob {
  readonly exchange: Exchange
  readonly call: () => AuthorizedCall
  /** Runs a function inside the job, until the function ends or the job does. */
  within(fn: (job: Job) => unknown): Promise<unknown>
  /** Why it may not go on, by a decision at a checkpoint. */
  readonly refused: () => ErrorCode | undefined
  /** Why it was ended in the midst of whatever it was doing. */
  readonly interrupted: () => ErrorCode | undefined
  close(): void
}

/** Opens a job that was started. */
export function openLiveJob(parts: LiveJobParts, started: StartedJob): LiveJob {
  const { store, lifecycle, context, exchanges, clock } = parts
  const { job, record } = started
  const { standing, caller } = job
  let { call } = started
  let refused: ErrorCode | undefined
  let interrupted: ErrorCode | undefined
  let leave: (() => void) | undefined
  let deadline: NodeJS.Timeout | undefined
  const over = new AbortController()
  let stop: (why: Error) => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = reject
  })
  stopped.catch(() => undefined)
  const exchange: Exchange = {
    trace: caller.trace,
    caller,
    tool: call.tool,
    mode: 'enforce',
    job,
    // Clients find the call at their entry, so each statement is of the latest decision.
    get call() {
      return call
    },
  }

  const end = (code: ErrorCode) => {
    lifecycle.close(call)
    over.abort(new LockstepError(code))
  }
  const interrupt = (code: ErrorCode) => {
    if (over.signal.aborted) return
    interrupted = code
    end(code)
    stop(new LockstepError(code))
  }
  /** INVARIANT: what was revoked since the passage began ends the job before it goes on. */
  const hold = (passage: Passage) => {
    leave?.()
    leave = passage.open(parts.restsOn(exchange, standing), interrupt)
    clearTimeout(deadline)
    deadline = setTimeout(() => interrupt('invocation.timed-out'), Math.max(0, call.deadline - clock()))
  }
  const watch = setInterval(() => {
    store.get(job.id).then(
      (kept) => kept?.state === 'cancelled' && interrupt('invocation.call-closed'),
      () => undefined,
    )
  }, parts.bound).unref()

  const checkpoint = async (): Promise<void> => {
    if (over.signal.aborted || !lifecycle.isOpen(call)) throw new LockstepError('invocation.call-closed')
    const passage = exchanges.enter()
    const next = await decideAgain(parts, started, call)
    // It may have ended while it was decided on.
    if (over.signal.aborted) throw new LockstepError(interrupted ?? 'invocation.call-closed')
    if ('code' in next) {
      refused = next.code
      end(next.code)
      throw new LockstepError(next.code)
    }
    const before = call
    call = next.call
    lifecycle.close(before)
    hold(passage)
    if (over.signal.aborted) throw new LockstepError(interrupted ?? 'invocation.call-closed')
    try {
      await record({
        step: 'invocation',
        outcome: 'permitted',
        tool: call.tool,
        policies: call.decision.policies,
        policyVersion: call.policyVersion,
        detail: { call: call.id, grant: job.id, continues: before.id },
      })
    } catch (error) {
      // INVARIANT: nothing goes on under a decision that is not in the log, whether or not the work catches this.
      interrupt(isLockstepError(error) ? error.code : 'audit.unavailable')
      throw error
    }
  }

  const txnToken: Job['txnToken'] = async (options) => {
    if (over.signal.aborted || !lifecycle.isOpen(call)) throw new LockstepError('invocation.call-closed')
    const { jwt, detail } = await issueJobToken(parts, job, call, options)
    if (over.signal.aborted) throw new LockstepError(interrupted ?? 'invocation.call-closed')
    await record({ step: 'invocation', outcome: 'permitted', tool: call.tool, detail: { ...detail, grant: job.id } })
    return jwt
  }

  parts.running.set(job.id, interrupt)
  hold(started.passage)
  const seen: Job = {
    id: job.id,
    purpose: job.purpose,
    signal: over.signal,
    checkpoint,
    txnToken,
    get call() {
      return call
    },
  }
  return {
    exchange,
    call: () => call,
    within: (fn) =>
      Promise.race([context.run(exchange, async () => (over.signal.aborted ? stopped : fn(seen))), stopped]),
    refused: () => refused,
    interrupted: () => interrupted,
    close() {
      parts.running.delete(job.id)
      clearInterval(watch)
      clearTimeout(deadline)
      leave?.()
      lifecycle.close(call)
      over.abort(new LockstepError('invocation.call-closed'))
    },
  }
}

/** Decides on a running job again, and moves its lease. Nothing of it is open when it may not go on. */
async function decideAgain(
  parts: LiveJobParts,
  { job, runner }: StartedJob,
  { history }: AuthorizedCall,
): Promise<{ readonly call: AuthorizedCall } | { readonly code: ErrorCode }> {
  try {
    if (parts.clock() >= job.expiresAt) return { code: 'invocation.grant-invalid' }
    // What the job spends was reserved when it began.
    const decided = await decideJob(parts, { ...job, measured: history })
    if (!decided.ok) return { code: decided.denial.code }
    const { call } = decided.value
    if (!(await parts.store.renew(job.id, { runner, until: call.deadline }))) return { code: 'invocation.call-closed' }
    return { call: decided.value.open() }
  } catch (error) {
    if (isLockstepError(error)) return { code: error.code }
    throw error
  }
}
