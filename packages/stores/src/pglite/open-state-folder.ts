import type { Clock } from '@lockstep/core'
import { createFeedHub } from '../feed/create-feed-hub.ts'
import { openInstanceFolder } from '../folder/open-instance-folder.ts'
import { createMemoryRateLimiter } from '../rate-limits/memory-rate-limiter.ts'
import { createSqlStores } from '../sql/create-sql-stores.ts'
import { readLasting } from '../sql/read-lasting.ts'
import { createSqlUses } from '../sql/sql-uses.ts'
import type { State } from '../state.ts'
import { checkOptions } from '../state-options.ts'
import { openDatabase } from './open-database.ts'
import { createPgliteDatabase } from './pglite-database.ts'

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
  const instance = await openInstanceFolder(options.folder)
  const { folder, auditFolder, keep } = instance
  try {
    const pglite = await openDatabase(folder)
    const db = createPgliteDatabase(pglite)
    const { clock } = options
    const hub = createFeedHub()
    for (const notice of await readLasting((sql, parameters) => db.rows(sql, parameters))) hub.tell(notice)
    return {
      folder,
      auditFolder,
      ...createSqlStores({ db, clock, proofs: createSqlUses({ db, clock, space: 'dpop' }), tell: hub.tell }),
      // The folder is this process's own, so nobody else revokes.
      feed: { silence: () => 0, subscribe: hub.subscribe },
      // One process owns the folder, so its own memory counts everything; a restart begins every window anew.
      rateLimiter: createMemoryRateLimiter(instance.check),
      keep,
      audit: instance,
      close: () => instance.close(() => pglite.close()),
    }
  } catch (error) {
    await instance.close()
    throw error
  }
}
