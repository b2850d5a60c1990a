import {
  type AuthorizedCall,
  isJsonObject,
  type JobRecord,
  type JobStore,
  type JsonObject,
  LockstepError,
  refuseUnknownOptions,
} from '@lockstep/core'
import type { Exchange } from '../exchange.ts'
import type { GrantJob } from '../jobs/create-grant.ts'
import { checkGrantOptions } from '../jobs/grant-options.ts'
import { isTask } from '../jobs/task-id.ts'
import { type TaskForm, taskFormOf } from './task-form.ts'

/** What a tool's tasks are bounded by. */
export interface TaskOptions {
  /** For how many milliseconds a task is kept, its result included, unless its client asks for less. @defaultValue 3600000 (an hour) */
  readonly expiresIn?: number | undefined
  /** How often its job may be started. @defaultValue 1: what fails has failed */
  readonly maxStarts?: number | undefined
}

/**
 * Sees to it that a task runs: puts its grant into a queue whose worker runs `lockstep.job(grant, …)`, or runs it here without waiting. What it
 * rejects with refuses the call, and cancels the task.
 */
export type StartTask = (grant: string) => Promise<void> | void

/** Calls that are answered with a task. */
export interface Tasks {
  /** Offers tasks for a tool. See `Lockstep.onTask`. */
  onTask(tool: string, start: StartTask, options?: TaskOptions): void
  /** Whether any tool has them. */
  readonly isOffered: () => boolean
  readonly offers: (tool: string) => boolean
  /** In which form this call becomes a task; undefined where it does not. */
  readonly formFor: (tool: string, params: JsonObject, isModern: boolean) => TaskForm | undefined
  /**
   * Creates the task of one open call, and starts it. It is kept before it resolves. Rejects with what speaks against it.
   *
   * @param told is told that somebody may have its grant, and that nobody will do anything with it after all
   */
  create(
    exchange: Exchange,
    call: AuthorizedCall,
    params: JsonObject,
    told: (mayRun: boolean) => void,
  ): Promise<JobRecord>
  /** The task of this id, if it is this caller's. */
  find(caller: NonNullable<Exchange['caller']>, id: unknown): Promise<JobRecord | undefined>
  /** Cancels a task, wherever it runs. */
  readonly cancel: (id: string) => Promise<boolean>
}

/** What tasks need. */
export interface OpenTasksOptions {
  readonly tools: readonly string[]
  readonly store: JobStore
  readonly grant: GrantJob
  readonly cancel: (id: string) => Promise<boolean>
}

const PURPOSE = 'a task of the client'
const HOUR = 3_600_000
/** A client that asks for less than this could not even ask again. */
const LEAST_MS = 10_000

/** Opens the tasks of one instance: a task is a granted job whose id its caller knows. */
export function openTasks({ tools, store, grant, cancel }: OpenTasksOptions): Tasks {
  const starters = new Map<string, { readonly start: StartTask; readonly options: TaskOptions }>()

  return {
    onTask(tool, start, options = {}) {
      if (!tools.includes(tool)) throw new LockstepError('configuration.tool-undeclared', `\`${tool}\``)
      if (typeof start !== 'function') throw new TypeError('`start` expected a function')
      refuseUnknownOptions(options, ['expiresIn', 'maxStarts'], 'onTask()')
      checkGrantOptions({ purpose: PURPOSE, ...options }, tools)
      starters.set(tool, { start, options })
    },
    isOffered: () => starters.size > 0,
    offers: (tool) => starters.has(tool),
    formFor: (tool, params, isModern) => (starters.has(tool) ? taskFormOf(params, isModern) : undefined),
    async create(exchange, call, params, told) {
      const known = starters.get(call.tool)
      if (!known) throw new LockstepError('discovery.method-unsupported')
      const { expiresIn = HOUR, maxStarts = 1 } = known.options
      const { id, sealed } = await grant(
        exchange,
        call,
        { purpose: PURPOSE, expiresIn: Math.min(expiresIn, askedFor(params)), maxStarts },
        'task-',
      )
      const kept = await store.get(id)
      if (!kept) throw new LockstepError('state.unavailable', 'the task was not kept')
      told(true)
      try {
        await known.start(sealed)
      } catch (error) {
        // Whoever rejects may have it all the same: it did not run if it was cancelled before anybody started it.
        const isCancelled = await cancel(id).catch(() => false)
        const now = isCancelled ? await store.get(id).catch(() => undefined) : undefined
        if (now?.starts === 0) told(false)
        throw error
      }
      return kept
    },
    async find({ subject, actor }, id) {
      // attacker-controlled: an id names a task only to the pair that it was made for; whose it is otherwise is not told.
      const job = typeof id === 'string' && isTask(id) ? await store.get(id) : undefined
      const isTheirs = job?.issuer === subject.issuer && job.subject === subject.id && job.actor === actor.id
      return isTheirs ? job : undefined
    },
    cancel,
  }
}

/** For how long a client of 2025-11-25 asks its task to be kept. */
function askedFor({ task }: JsonObject): number {
  const ttl = isJsonObject(task) ? task.ttl : undefined
  if (typeof ttl !== 'number' || !(ttl > 0)) return Number.POSITIVE_INFINITY
  return Math.max(LEAST_MS, Math.floor(ttl))
}
