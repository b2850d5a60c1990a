import { type ErrorCode, LockstepError, type Standing, standingUnder } from '@lockstep/core'
import type { Exchange } from '../exchange.ts'
import { type CreateGrantParts, createGrant, type GrantJob } from './create-grant.ts'
import type { GrantOptions } from './grant-options.ts'
import type { RunJob } from './job.ts'
import { createRotatingSealer, type RotatingSealerOptions } from './rotating-sealer.ts'
import { createRunJob, type RunJobParts } from './run-job.ts'

/** Work after the answer, of one instance. */
export interface OpenedJobs {
  /** See `Lockstep.grant`. */
  readonly grant: (options: GrantOptions) => Promise<string>
  /** See `Lockstep.job`. */
  readonly job: RunJob
  /** Grants in the course of a call that is given. */
  readonly grantWithin: GrantJob
  /** See `Lockstep.cancelJob`. */
  readonly cancelJob: (id: string) => Promise<boolean>
  /** Interrupts the jobs that run here: what they go on with is over with the instance. */
  close(): void
}

/** What `openJobs` needs. */
export interface OpenJobsOptions
  extends Omit<RunJobParts, 'sealer' | 'running'>,
    Omit<CreateGrantParts, 'sealer' | 'standingOf'> {
  /** The secrets that grants are sealed with, kept with the state. */
  readonly keptSecret: RotatingSealerOptions['keptSecret']
  readonly trustDomain: string
  /** What the token of an admitted caller stands under. */
  readonly standingOf: (caller: NonNullable<Exchange['caller']>) => readonly Standing[]
}

/** Opens the jobs of one instance. */
export function openJobs(options: OpenJobsOptions): OpenedJobs {
  const sealer = createRotatingSealer(options)
  const parts = { ...options, sealer }
  const grant = createGrant({ ...parts, standingOf: (exchange) => standingOf(options, exchange) })

  const running = new Map<string, (code: ErrorCode) => void>()

  return {
    async grant(given) {
      const exchange = options.context.current()
      const call = exchange?.call
      if (!exchange || !call) throw new LockstepError('invocation.unguarded')
      if (!options.lifecycle.isOpen(call)) throw new LockstepError('invocation.call-closed')
      return (await grant(exchange, call, given)).sealed
    },
    grantWithin: grant,
    job: createRunJob({ ...parts, running }),
    close() {
      for (const interrupt of [...running.values()]) interrupt('invocation.call-closed')
    },
    async cancelJob(id) {
      const isCancelled = await options.store.cancel(id)
      if (isCancelled) running.get(id)?.('invocation.call-closed')
      return isCancelled
    },
  }
}

/** INVARIANT: whoever is known in another way than by a token of ours stands at least under who they are. */
function standingOf(
  { standingOf: ofCaller }: OpenJobsOptions,
  { caller, job, capability, transaction }: Exchange,
): readonly Standing[] {
  if (job) return job.standing
  if (!caller) return []
  const { subject, actor, token } = caller
  const own = standingUnder(token.issuedAt, [
    { subject },
    ...[actor.id, ...actor.chain].map((one) => ({ actor: one })),
    { token: { issuer: subject.issuer, id: token.id } },
  ])
  const known = ofCaller(caller)
  const more = known.filter(({ name }) => !own.some((one) => one.name === name))
  const { issuer = '', id = '', transactionId = id, issuedAt = 0 } = transaction ?? {}
  const ids = transaction ? [...new Set([id, transactionId])] : []
  const within = standingUnder(
    issuedAt,
    ids.map((one) => ({ token: { issuer, id: one } })),
  ).slice(1)
  return [...own, ...more, ...within, ...(capability ? [capability] : [])]
}
