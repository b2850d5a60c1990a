import { constants } from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file that only grows, and of which it is known how much is on disk. */
export interface DurableFile {
  /**
   * Writes the bytes and waits for the disk. When it rejects, nothing of the bytes counts: the next call first cuts the file back
   * to what was durable, and rejects while that fails.
   */
  append(bytes: Uint8Array): Promise<void>
  /** Closes the file, without what an append that was rejected may have left in it. */
  close(): Promise<void>
}

/**
 * Opens a file of which `length` bytes are good and cuts off what follows; `'new'` creates it, and rejects if it exists. Every
 * write is checked to have gone to the file that still has this name, so that a removed folder or a second writer is noticed.
 */
export async function openDurableFile(path: string, length: number | 'new'): Promise<DurableFile> {
  let durable = length === 'new' ? 0 : length
  let file = length === 'new' ? await create(path) : await reopen(path, length, Number.POSITIVE_INFINITY)
  // After a failure: how long the file may be if it holds only what we wrote.
  let suspect: number | undefined

  return {
    async append(bytes) {
      if (suspect !== undefined) {
        await file.close().catch(() => undefined)
        file = await reopen(path, durable, suspect)
        suspect = undefined
      }
      try {
        await file.appendFile(bytes)
        await file.datasync()
        await checkPlace(path, file, durable + bytes.length)
        durable += bytes.length
      } catch (error) {
        suspect = durable + bytes.length
        throw error
      }
    },
    async close() {
      await file.close()
      if (suspect !== undefined) await reopen(path, durable, suspect).then((repaired) => repaired.close())
    },
  }
}

async function create(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    // The name must be as durable as the bytes.
    const folder = await open(dirname(path), 'r')
    await folder.sync().finally(() => folder.close())
    return file
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}

/** Never creates: a log that was removed must not silently begin anew. */
async function reopen(path: string, length: number, atMost: number): Promise<FileHandle> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
  try {
    const { size } = await file.stat()
    if (size < length) throw new Error('the file is shorter than what was written')
    // INVARIANT: never cuts away what another process wrote.
    if (size > atMost) throw new Error('somebody else writes to the file')
    if (size > length) {
      await file.truncate(length)
      await file.datasync()
    }
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

async function checkPlace(path: string, file: FileHandle, length: number): Promise<void> {
  const [ours, named] = await Promise.all([file.stat(), stat(path)])
  if (ours.ino !== named.ino || ours.dev !== named.dev) throw new Error('the file was replaced')
  if (ours.size !== length) throw new Error('somebody else writes to the file')
}
