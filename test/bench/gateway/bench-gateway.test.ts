import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { lacks } from '../../programs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))

/** Every path works and prints its rows. What the rows say depends on the machine, and is no matter of a test. */
test(
  proves('house:bench:gateway'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const measures: Record<string, { says: string; value: number }> = JSON.parse(stdout)
    expect(Object.keys(measures)).toEqual([
      'token-over-raw',
      'call-over-raw',
      'gateway-over-plain-jose',
      'gateway-over-express-oauth2-jwt-bearer',
      'gateway-over-none',
      'gateway-jose-over-none',
      'plain-jose-over-none',
      'express-oauth2-jwt-bearer-over-none',
      'four-layers-memory-over-none',
      'four-layers-folder-over-none',
      ...(lacks('redis-server') ? [] : ['proofs-over-redis', 'transactions-over-redis']),
    ])
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
  },
  within(240_000),
)
