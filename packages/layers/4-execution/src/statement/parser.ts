import { createRequire } from 'node:module'
import { LockstepError } from '@lockstep/core'
import type { ParseResult } from 'libpg-query'

const require = createRequire(import.meta.url)
type PgQuery = typeof import('libpg-query')

let current: PgQuery | undefined
let loading: Promise<void> | undefined

/**
 * Loads PostgreSQL's own grammar (libpg-query, WebAssembly). Await it once before any statement is rewritten; further calls
 * return at once.
 */
export function loadParser(): Promise<void> {
  loading ??= instantiate()
  return loading
}

/**
 * Parses one text with PostgreSQL's grammar.
 *
 * Throws `execution.statement-invalid` for a text that PostgreSQL would not parse, and `execution.parser-unavailable` when
 * there is no sound parser instance: before `loadParser()`, and for some milliseconds after one failed.
 */
export function parseText(text: string): ParseResult {
  if (!current) {
    void loadParser().catch(() => undefined)
    throw new LockstepError('execution.parser-unavailable')
  }
  const parser = current
  try {
    return parser.parseSync(text)
  } catch (error) {
    if (error instanceof parser.SqlError) throw new LockstepError('execution.statement-invalid')
    // INVARIANT: an instance that failed in any other way (a stack overflow inside WebAssembly) is never used again.
    current = undefined
    loading = undefined
    void loadParser().catch(() => undefined)
    throw new LockstepError('execution.parser-unavailable')
  }
}

async function instantiate(): Promise<void> {
  // libpg-query holds one instance per module load, so a new instance is a new load of its CommonJS entry.
  const path = require.resolve('libpg-query')
  delete require.cache[path]
  const parser: PgQuery = require(path)
  await parser.loadModule()
  current = parser
}
