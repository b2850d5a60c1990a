import { readFile, stat } from 'node:fs/promises'
import { type JsonValue, parseJson } from '@lockstep/core'
import { UsageError } from './usage-error.ts'

const MOST_BYTES = 1_048_576

/**
 * Reads the value of an option as JSON: the text itself, or the file that `@<path>` names. Duplicate members are refused, as they are over
 * the wire. Rejects with `UsageError`, without the content.
 */
export async function readJsonOption(name: string, given: string): Promise<JsonValue> {
  const text = given.startsWith('@') ? await readText(name, given.slice(1)) : given
  try {
    return parseJson(Buffer.from(text), { maxBytes: MOST_BYTES, maxDepth: 64 })
  } catch {
    throw new UsageError(`\`--${name}\` must be JSON${given.startsWith('@') ? '' : ', or `@<file>` with JSON in it'}`)
  }
}

async function readText(name: string, path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MOST_BYTES) throw new Error('it is too large')
    return await readFile(path, 'utf8')
  } catch {
    throw new UsageError(`\`--${name}\`: \`${path}\` cannot be read`)
  }
}
