import { randomBytes } from 'node:crypto'
import type { AuditEvent, AuditSink, AuthorizedCall } from '@lockstep/core'

/** Trusted work without a caller, while it lasts. Only `createSystemWork` makes one. */
export interface SystemWork {
  readonly system: string
  /** The trace under which it is recorded: that of the call in whose course it runs, else one of its own. */
  readonly trace: string
  /** The call in whose course it runs; it does not narrow the work, but it is recorded. */
  readonly within?: AuthorizedCall
}

/** What system work needs. */
export interface SystemWorkOptions {
  readonly audit: AuditSink
  /** Finds the call in whose course system work begins. @defaultValue there is none */
  readonly currentCall?: (() => AuthorizedCall | undefined) | undefined
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

/** What every record of system work holds: its trace, and whose call it runs in the course of. */
export function systemEvent({ trace, within }: SystemWork): Pick<AuditEvent, 'trace' | 'subject' | 'actor' | 'tool'> {
  if (!within) return { trace }
  const { caller, tool } = within
  return { trace, subject: caller.subject.id, actor: caller.actor.id, tool }
}

const REASON = /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u

/**
 * Creates `asSystem`: work that is named, recorded before it begins and when it ends, and over when its function is done (a
 * statement that it left behind is refused).
 *
 * The function throws `TypeError` for a reason that is not 1 to 200 visible characters. A record that cannot be written
 * rejects before anything runs.
 */
export function createSystemWork({ audit, run, currentCall = () => undefined }: SystemWorkOptions): AsSystem {
  return async (reason, fn) => {
    if (typeof reason !== 'string' || !REASON.test(reason)) {
      throw new TypeError('`reason` must be 1 to 200 visible characters')
    }
    const within = currentCall()
    const trace = within?.caller.trace ?? randomBytes(16).toString('hex')
    const work: SystemWork = Object.freeze({ system: reason, trace, ...(within ? { within } : {}) })
    const record = (outcome: 'permitted' | 'completed' | 'failed') =>
      audit.append({ ...systemEvent(work), step: 'system', outcome, detail: { reason } })
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
