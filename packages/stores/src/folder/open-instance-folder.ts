import { join, resolve } from 'node:path'
import { LockstepError } from '@lockstep/core'
import { auditFolderOf } from '../audit-folder.ts'
import type { AuditPlace } from '../audit-place.ts'
import { checkKeptName } from '../state-options.ts'
import { keepFile } from './kept-files.ts'
import { lockFolder } from './lock-folder.ts'

/** A folder that is of this process until it is closed. */
export interface InstanceFolder extends AuditPlace {
  /** The folder, as an absolute path. */
  readonly folder: string
  /** Throws LockstepError `state.unavailable` once it is closed. */
  check(): void
  /** Runs `last`, once nothing is being kept any more, and gives the folder free. */
  close(last?: () => Promise<void>): Promise<void>
}

/**
 * Opens a folder for this process alone; it is created if it is missing. Texts are kept in files of their own.
 *
 * Rejects with `state.locked` or `state.not-writable`.
 */
export async function openInstanceFolder(path: string): Promise<InstanceFolder> {
  const folder = resolve(path)
  const lock = await lockFolder(folder)
  let closing: Promise<void> | undefined
  const check = () => {
    if (closing) throw new LockstepError('state.unavailable', 'the state is closed')
  }
  // One at a time: two first callers of the same name must get the same text.
  let keeping: Promise<unknown> = Promise.resolve()
  return {
    folder,
    auditFolder: auditFolderOf(folder),
    check,
    keep(name, make) {
      const kept = keeping.then(() => {
        checkKeptName(name)
        check()
        return keepFile(join(folder, 'kept'), name, make)
      })
      keeping = kept.catch(() => undefined)
      return kept
    },
    close(last = async () => undefined) {
      // The lock goes last: until then no other process can open what is in it.
      closing ??= keeping.then(last).finally(() => lock.release())
      return closing
    },
  }
}
