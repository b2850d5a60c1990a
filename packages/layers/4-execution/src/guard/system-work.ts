import { randomBytes } from 'node:crypto'
import type { AuditSink } from '@lockstep/core'

/** Trusted work without a caller, while it lasts. Only `createSystemWork` makes one. */
export interface SystemWork {
  readonly system: string
  /** The trace under which it is recorded. */
  readonly trace: string
}

/** What system work needs. */
export interface SystemWorkOptions {
  readonly audit: AuditSink
  /** Runs a function so that `currentCall` of the execution guard finds the work, and nothing after it does. */
  readonly run: <T>(work: SystemWork, fn: () => Promise<T>) => Promise<T>
}

/** Runs trusted work: statements of guarded clients inside `fn` run as they are. */
export type AsSystem = <T>(reason: string, fn: () => Promise<T>) => Promise<T>

const running = new WeakSet<SystemWork>()

/** Whether a work was made by `createSystemWork` and is not over. */
export function isRunning(work: SystemWork): boolean {
  return running.has(work)
}

const REASON = /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u

/**
 * Creates `asSystem`: work that is named, recorded before it begins and when it ends, and over when its function is done (a
 * statement that it left behind is refused).
 *
 * The function throws `TypeError` for a reason that is not 1 to 200 visible characters. A record that cannot be written
 * rejects before anything runs.
 */
export function createSystemWork({ audit, run }: SystemWorkOptions): AsSystem {
  return async (reason, fn) => {
    if (typeof reason !== 'string' || !REASON.test(reason)) {
      throw new TypeError('`reason` must be 1 to 200 visible characters')
    }
    const work: SystemWork = Object.freeze({ system: reason, trace: randomBytes(16).toString('hex') })
    const record = (outcome: 'permitted' | 'completed' | 'failed') =>
      audit.append({ trace: work.trace, step: 'system', outcome, detail: { reason } })
    await record('permitted')
    running.add(work)
    let outcome: 'completed' | 'failed' = 'failed'
    try {
      const result = await run(work, fn)
      outcome = 'completed'
      return result
    } finally {
      running.delete(work)
      await record(outcome)
    }
  }
}
