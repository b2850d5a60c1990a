import { resolve } from 'node:path'
import type { AuditSink, Drill } from '@lockstep/core'
import { createLockstep, DEFAULT_REVOCATION_BOUND_MS, type Lockstep, loadConfiguration } from '@lockstep/mcp'
import { OPERATOR } from './open-operated.ts'
import { UsageError } from './usage-error.ts'

/** What takes part in a drill. */
export interface Drilled {
  readonly lockstep: Lockstep
  /** The folder of its policies. */
  readonly policies: string
  /** Whether other processes may open the same state. */
  readonly isShared: boolean
  /** Within how many milliseconds a revocation holds everywhere. */
  readonly bound: number
}

/**
 * Opens the configured state, policies and sources as a part of a drill: what is revoked in it holds here and in the other parts, and nowhere else.
 * No handler is there to be run. The part that is no operator's records nothing: it only looks.
 *
 * Rejects with `UsageError` for a state in memory, with `state.locked` while a server holds a state folder, and as `createLockstep` does.
 */
export async function openDrilled(config: string | undefined, drill: Drill, beside: string): Promise<Drilled> {
  const { configuration, folder } = await loadConfiguration(config)
  // Nothing is sent to the database of anybody's.
  const { decisions: _, floor: __, state = './.lockstep', ...rest } = configuration
  if (state === 'memory') throw new UsageError("the state is in the server's memory, which no command reaches")
  const recorded = beside === OPERATOR ? {} : { audit: NOTHING_RECORDED }
  const lockstep = await createLockstep({ ...rest, ...recorded, state }, { folder, beside, drill })
  return {
    lockstep,
    policies: resolve(folder, configuration.policies ?? './policies'),
    isShared: typeof state !== 'string',
    bound: configuration.revocation?.bound ?? DEFAULT_REVOCATION_BOUND_MS,
  }
}

const NOTHING_RECORDED: AuditSink = { append: async () => undefined }
