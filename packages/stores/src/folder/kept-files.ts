import { type FileHandle, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'

/**
 * Returns the text of a file in `folder`, made by `make` when the file is missing. A new file is readable by its owner only, is
 * on disk before it gets its name, and never replaces an existing one.
 *
 * Rejects with `state.unavailable`, or with what `make` rejects with; then there is no file.
 */
export async function keepFile(folder: string, name: string, make: () => string | Promise<string>): Promise<string> {
  const place = join(folder, name)
  const known = await readIfThere(place)
  if (known !== undefined) return known
  const text = await make()
  const aside = `${place}.unfinished`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await rm(aside, { force: true })
    await writeDurably(aside, text)
    await link(aside, place)
    await rm(aside)
  } catch (cause) {
    throw new LockstepError('state.unavailable', `\`${place}\` cannot be written`, { cause })
  }
  return text
}

async function writeDurably(path: string, text: string): Promise<void> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file?.close()
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new LockstepError('state.unavailable', `\`${path}\` cannot be read`, { cause })
  }
}
