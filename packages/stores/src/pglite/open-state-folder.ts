import { join, resolve } from 'node:path'
import { type Clock, LockstepError } from '@lockstep/core'
import { auditFolderOf } from '../audit-folder.ts'
import { createMemoryRateLimiter } from '../rate-limits/memory-rate-limiter.ts'
import type { State } from '../state.ts'
import { checkKeptName, checkOptions } from '../state-options.ts'
import { keepFile } from './kept-files.ts'
import { lockFolder } from './lock-folder.ts'
import { openDatabase } from './open-database.ts'
import { createPgliteApprovals } from './pglite-approvals.ts'
import { createPgliteHistory } from './pglite-history.ts'
import { createPgliteIdempotency } from './pglite-idempotency.ts'
import { createPgliteRevocations } from './pglite-revocations.ts'
import { createPgliteSingleUse } from './pglite-single-use.ts'

/** Options of {@link openStateFolder}. */
export interface StateFolderOptions {
  /** The folder; it is created if it is missing. Relative to the working directory of the process. */
  readonly folder: string
  /** The instance's clock, in milliseconds since the epoch. */
  readonly clock: Clock
}

/** State in a folder, owned by this process until it is closed. */
export interface StateFolder extends State {
  /** The folder, as an absolute path. */
  readonly folder: string
  /** Where the audit log of this instance lies; it is covered by the folder's lock. */
  readonly auditFolder: string
}

/**
 * Opens embedded state: PGlite in a folder, for one process, for development and demonstrations. What was consumed stays
 * consumed over a restart and a killed process; a power cut may lose the last moments, because PGlite does not wait for the
 * disk. A folder of an older format is brought up to the present one. Calls that the process before left reserved have an
 * unknown outcome from then on.
 *
 * Rejects with `state.locked` (another process, or another opening in this one), `state.not-writable`, `state.format`, or
 * `state.unavailable`. Then nothing is held.
 *
 * @example
 * ```ts
 * import { systemClock } from '@lockstep/core'
 * import { openStateFolder } from '@lockstep/stores/pglite'
 *
 * const state = await openStateFolder({ folder: '.lockstep', clock: systemClock })
 * ```
 */
export async function openStateFolder(options: StateFolderOptions): Promise<StateFolder> {
  checkOptions(options, ['folder', 'clock'], 'openStateFolder()')
  if (typeof options.folder !== 'string' || options.folder === '') {
    throw new TypeError('openStateFolder(): `folder` must be a path')
  }
  const folder = resolve(options.folder)
  const lock = await lockFolder(folder)
  try {
    const db = await openDatabase(folder)
    let closing: Promise<void> | undefined
    // One at a time: two first callers of the same name must get the same text.
    let keeping: Promise<unknown> = Promise.resolve()
    return {
      folder,
      auditFolder: auditFolderOf(folder),
      singleUse: createPgliteSingleUse(db, options.clock),
      revocations: createPgliteRevocations(db),
      history: createPgliteHistory(db, options.clock),
      approvals: createPgliteApprovals(db, options.clock),
      idempotency: createPgliteIdempotency(db, options.clock),
      // One process owns the folder, so its own memory counts everything; a restart begins every window anew.
      rateLimiter: createMemoryRateLimiter(() => {
        if (closing) throw new LockstepError('state.unavailable', 'the state is closed')
      }),
      keep(name, make) {
        const kept = keeping.then(() => {
          checkKeptName(name)
          if (closing) throw new LockstepError('state.unavailable', 'the state is closed')
          return keepFile(join(folder, 'kept'), name, make)
        })
        keeping = kept.catch(() => undefined)
        return kept
      },
      close() {
        // The lock goes last: until then no other process can open the database.
        closing ??= keeping.then(() => db.close()).finally(() => lock.release())
        return closing
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}
