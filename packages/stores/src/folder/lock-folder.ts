/// <reference path="./fs-native-extensions.d.ts" />
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'
import { tryLock } from 'fs-native-extensions'

/** A folder that no other process may use until it is released. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * Creates the folder if it is missing and takes an operating-system lock on the file `lock` in it. The kernel releases the lock
 * when the process dies, so there is nothing stale to clean up after a crash.
 *
 * Rejects with `state.locked` or `state.not-writable`; both name the folder, and neither changes what is in it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = await openLockFile(folder)
  let locked = false
  try {
    locked = tryLock(file.fd)
  } catch (cause) {
    await file.close()
    throw new LockstepError('state.not-writable', `\`${folder}\` is on a file system without locks`, { cause })
  }
  if (!locked) {
    await file.close()
    throw new LockstepError('state.locked', `\`${folder}\``)
  }
  return { release: () => file.close() }
}

async function openLockFile(folder: string): Promise<FileHandle> {
  try {
    // Keys and consumed ids live here: for this user's eyes only.
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await open(join(folder, 'lock'), 'a', 0o600)
  } catch (cause) {
    throw new LockstepError('state.not-writable', `\`${folder}\``, { cause })
  }
}
