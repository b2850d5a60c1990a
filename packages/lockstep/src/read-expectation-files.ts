import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { importDefault } from '@lockstep/mcp'
import type { PolicyExpectation } from '@lockstep/testing'
import { UsageError } from './usage-error.ts'

const NAMES = ['expectations.ts', 'expectations.mts', 'expectations.js', 'expectations.mjs', 'expectations.json']

/** The table of expectations of a policy folder, if it has one. */
export function findExpectations(policies: string): string | undefined {
  return NAMES.map((name) => join(policies, name)).find((file) => existsSync(file))
}

/**
 * Reads tables of expectations: the default export of a module, or JSON. Rejects with `UsageError` for a file that cannot be read; what is in
 * it is checked by whoever runs it.
 */
export async function readExpectationFiles(files: readonly string[]): Promise<readonly PolicyExpectation[]> {
  const tables: (readonly PolicyExpectation[])[] = []
  for (const file of files) {
    const table = await read(resolve(file)).catch((error: unknown) => {
      throw new UsageError(
        `\`${file}\` cannot be read: ${error instanceof Error ? error.message.split('\n', 1)[0] : 'it failed'}`,
      )
    })
    if (!Array.isArray(table)) throw new UsageError(`\`${file}\` holds no list of expectations`)
    tables.push(table)
  }
  return tables.flat()
}

async function read(file: string): Promise<unknown> {
  return file.endsWith('.json') ? JSON.parse(await readFile(file, 'utf8')) : importDefault(file)
}
