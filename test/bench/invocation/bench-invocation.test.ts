import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))

/** Every path works and prints its rows. What the rows say depends on the machine, and is no matter of a test. */
test(
  proves('house:bench:invocation'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const measures: Record<string, { says: string; value: number }> = JSON.parse(stdout)
    expect(Object.keys(measures)).toEqual(['authorize-over-insert', 'full-over-empty'])
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
  },
  within(240_000),
)
