import { resolve } from 'node:path'
import { isLockstepError } from '@lockstep/core'
import { askOperator, createLockstep, type Lockstep, loadConfiguration } from '@lockstep/mcp'
import { UsageError } from './usage-error.ts'

/** The name, beside an instance that serves, of the one that a command is: its own audit log lies there. */
export const OPERATOR = 'operator'

/** Where an operator's word takes effect. */
export type Operated = Pick<Lockstep, 'revoke' | 'restore' | 'close'>

/**
 * Opens the state that a configuration names, for one word of its operator. A shared state is opened beside the servers, a folder in the place of
 * its server; one that a running server has locked is left to it, and the server is asked to do it.
 *
 * Rejects with `UsageError` for a state that is in a server's memory, and as `createLockstep` does.
 */
export async function openOperated(config: string | undefined): Promise<Operated> {
  const { configuration, folder } = await loadConfiguration(config)
  const { decisions: _, state = './.lockstep', floor: __, ...rest } = configuration
  if (state === 'memory') {
    throw new UsageError("the state is in the server's memory, which no command reaches; use `lockstep.revoke()` there")
  }
  if (typeof state !== 'string') return createLockstep({ ...rest, state }, { folder, beside: OPERATOR })
  const stateFolder = resolve(folder, state)
  try {
    return await createLockstep({ ...rest, state }, { folder })
  } catch (error) {
    if (!isLockstepError(error) || error.code !== 'state.locked') throw error
    return {
      revoke: (what, reason) => askOperator(stateFolder, { do: 'revoke', what, reason }),
      restore: (what, reason) => askOperator(stateFolder, { do: 'restore', what, reason }),
      close: async () => undefined,
    }
  }
}
