import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '@lockstep/core'
import type { StateFolder } from '@lockstep/stores/pglite'
import { UsageError } from './usage-error.ts'

/**
 * Opens the state of a server that is not running. Never makes one: a misspelt folder must not look like a state in which
 * nothing is wrong. Rejects with `UsageError` when there is none, and with `state.locked` while a server runs.
 */
export async function openExistingState(state: string): Promise<StateFolder> {
  const folder = resolve(state)
  const found = await stat(join(folder, 'state')).catch(() => undefined)
  if (!found?.isDirectory()) throw new UsageError(`there is no state in \`${folder}\``)
  // Loaded here, so that commands on the log load no native code and no database.
  const { openStateFolder } = await import('@lockstep/stores/pglite')
  return openStateFolder({ folder, clock: systemClock })
}
