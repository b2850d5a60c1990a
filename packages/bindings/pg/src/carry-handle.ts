import { LockstepError } from '@lockstep/core'
import { CALL_SETTING } from '@lockstep/execution'
import type { LentConnection } from './driver.ts'

/** Sets in a session whose call it serves; `$1` is a handle, or empty. A handle stands in no text. */
export const SET_HANDLE = `SELECT pg_catalog.set_config('${CALL_SETTING}', $1, false)`

/**
 * Has a connection serve one call, or none, from now on: whatever handle it carried before is gone. Mostly there is nothing to wait for.
 *
 * Throws `execution.statement-unsupported` where there is a handle and the driver has no sessions that could carry it.
 */
export function carryHandle({ carry }: LentConnection, handle: string | undefined): Promise<void> | undefined {
  if (carry) return carry(handle ?? '')
  if (handle === undefined) return undefined
  throw new LockstepError(
    'execution.statement-unsupported',
    'a floor needs sessions: guard a pool of `pg`, or a PGlite instance',
  )
}
