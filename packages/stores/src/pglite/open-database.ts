import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { isLockstepError, LockstepError } from '@lockstep/core'
import { bringUpToFormat, createTables } from '../sql/format.ts'
import { markUnknown } from '../sql/mark-unknown.ts'
import { createPgliteDatabase, migratePglite } from './pglite-database.ts'

/**
 * Opens the database of a locked folder, or makes it. A new one is made aside and moved into place when it is whole, so that a
 * process killed at any moment leaves either no database or a complete one. One of an older format is brought up to the present
 * one, and calls that the process before left without an outcome are marked so.
 *
 * Rejects with `state.format` or `state.unavailable`.
 */
export async function openDatabase(folder: string): Promise<PGlite> {
  const place = join(folder, 'state')
  if (!(await exists(place))) await makeDatabase(folder, place)
  const db = await openAt(place)
  try {
    await migratePglite(db, (execute) => bringUpToFormat(execute, { schema: 'public', name: folder }))
    // The process that made them is gone: it held the folder's lock until it died.
    await markUnknown(createPgliteDatabase(db), Number.MAX_SAFE_INTEGER)
  } catch (error) {
    await db.close()
    throw error
  }
  return db
}

async function makeDatabase(folder: string, place: string): Promise<void> {
  const aside = join(folder, 'state.unfinished')
  try {
    await rm(aside, { recursive: true, force: true })
    const db = await openAt(aside)
    try {
      await migratePglite(db, createTables)
    } finally {
      await db.close()
    }
    await rename(aside, place)
  } catch (cause) {
    if (isLockstepError(cause)) throw cause
    throw new LockstepError('state.not-writable', `\`${folder}\``, { cause })
  }
}

async function openAt(dataDir: string): Promise<PGlite> {
  try {
    // Loaded here, so that a program which keeps its state elsewhere does not pay for 10 MB of WebAssembly.
    const { PGlite } = await import('@electric-sql/pglite')
    return await PGlite.create({ dataDir })
  } catch (cause) {
    throw new LockstepError('state.unavailable', `the database in \`${dataDir}\` does not open`, { cause })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
