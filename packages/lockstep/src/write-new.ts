import { writeFile } from 'node:fs/promises'
import { UsageError } from './usage-error.ts'

/** Writes a file that is not there yet. Rejects with `UsageError`: what somebody may have worked on is never overwritten. */
export async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const why = code === 'EEXIST' ? 'exists and is yours; name another and compare' : `cannot be written (${code})`
    throw new UsageError(`\`${file}\` ${why}`)
  }
}
