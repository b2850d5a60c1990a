import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '@lockstep/core'
import { policyMistake } from './policy-mistake.ts'

/** The texts of a policy folder, by file name. */
export type PolicyFiles = Readonly<Record<string, string>>

/** The name of the schema file. */
export const SCHEMA_FILE = 'schema.cedarschema'

const MAX_FILES = 200
const MAX_BYTES = 256 * 1024
const MAX_TOTAL = 16 * 1024 * 1024

/** Lists the files of a folder that make its policy, sorted by name: the schema and every `*.cedar`. */
export function policyFileNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name === SCHEMA_FILE || (name.endsWith('.cedar') && !name.startsWith('.')))
    .sort()
}

/**
 * Reads a policy folder: at most 200 files of at most 256 KiB, together at most 16 MiB, which must be UTF-8.
 *
 * @throws LockstepError `policy.invalid` when the folder or a file cannot be read, or is too large
 */
export function readPolicyFolder(folder: string): PolicyFiles {
  const names = orMistake('.', () => policyFileNames(folder))
  if (names.length > MAX_FILES) throw policyMistake([{ file: '.', says: `more than ${MAX_FILES} policy files` }])
  const files: [string, string][] = []
  let total = 0
  for (const name of names) {
    const text = orMistake(name, () => readText(join(folder, name), name))
    total += text.length
    if (total > MAX_TOTAL) throw policyMistake([{ file: '.', says: `the files are larger than ${MAX_TOTAL} together` }])
    files.push([name, text])
  }
  return Object.fromEntries(files)
}

function readText(path: string, file: string): string {
  // The size comes before the read: a device or a huge file is never read.
  const stat = statSync(path)
  if (!stat.isFile()) throw policyMistake([{ file, says: 'is not a file' }])
  if (stat.size > MAX_BYTES) throw policyMistake([{ file, says: `is larger than ${MAX_BYTES} bytes; split it` }])
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
}

function orMistake<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof LockstepError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw policyMistake([{ file, says: `cannot be read (${code}); the policy folder must hold readable UTF-8 files` }])
  }
}
