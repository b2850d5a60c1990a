import { resolve } from 'node:path'
import { type AuditSink, isLockstepError, systemClock } from '@lockstep/core'
import { type LockstepConfiguration, loadConfiguration } from '@lockstep/mcp'
import type { State } from '@lockstep/stores'
import { openExistingLog } from './open-existing-log.ts'
import { openExistingState } from './open-existing-state.ts'
import { OPERATOR } from './open-operated.ts'
import { openOwnLog } from './open-own-log.ts'
import { UsageError } from './usage-error.ts'

/** State that a command was pointed at, and where an operator's word on it is recorded. */
export interface NamedState extends State {
  /** Opens the log; undefined when the state has none of its own. Rejects with `audit.tampered` and `audit.unavailable`. */
  readonly openLog: () => Promise<(Pick<AuditSink, 'append'> & { close(): Promise<void> }) | undefined>
}

/**
 * Opens the state that a command's options name: a folder whose server is stopped, or what a configuration names. A state that servers share is
 * opened beside them. Never makes a folder.
 *
 * Rejects with `UsageError` when there is none, or when it is in a server's memory; with `configuration.*`; and as opening a state does.
 */
export async function openNamedState({ state, config }: { state?: string; config?: string }): Promise<NamedState> {
  if (state !== undefined && config !== undefined) throw new UsageError('say either --state or --config')
  if (config !== undefined) return openConfiguredState(config)
  try {
    return await openFolder(state ?? './.lockstep')
  } catch (error) {
    if (state !== undefined || !(error instanceof UsageError)) throw error
    return openConfiguredState(undefined).catch((other: unknown) => {
      // Whoever names nothing, where there is nothing, is told of the folder.
      throw isLockstepError(other) && other.code === 'configuration.missing' ? error : other
    })
  }
}

async function openConfiguredState(config: string | undefined): Promise<NamedState> {
  const { configuration, folder } = await loadConfiguration(config)
  const opened = await openSource(configuration, folder)
  const { audit } = configuration
  if (!audit) return opened
  return { ...opened, openLog: async () => ({ append: (event) => audit.append(event), close: async () => undefined }) }
}

async function openSource(configuration: LockstepConfiguration, folder: string): Promise<NamedState> {
  const { state: source = './.lockstep', resource, trustDomain = new URL(resource).hostname } = configuration
  if (source === 'memory') {
    throw new UsageError("the state is in the server's memory, which no command reaches")
  }
  if (typeof source === 'string') return openFolder(resolve(folder, source))
  const state = await source.open({ clock: systemClock, base: folder, beside: OPERATOR })
  const { audit: place } = state
  return { ...state, openLog: async () => place && openOwnLog(place, trustDomain) }
}

async function openFolder(folder: string): Promise<NamedState> {
  const state = await openExistingState(folder)
  return { ...state, openLog: () => openExistingLog(state) }
}
