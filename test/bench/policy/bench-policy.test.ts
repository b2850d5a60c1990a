import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { lacks } from '../../programs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))

/** Every path works, on the same answers, and prints its rows. What the rows say depends on the machine, and is no matter of a test. */
test(
  proves('house:bench:policy'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const { revocations, ...measures } = JSON.parse(stdout) as {
      readonly revocations: Record<string, { median: number; maximum: number }>
    } & Record<string, { says: string; value: number }>
    const policies = ['decision-10', 'decision-100', 'decision-1000', 'decision-flat', 'residual-over-decision']
    expect(Object.keys(measures)).toEqual([...policies, 'relation-check'])
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
    const two = 'two processes over PostgreSQL'
    const places = ['same process', two, ...(lacks('redis-server') ? [] : [`${two} with Redis beside it`])]
    expect(Object.keys(revocations)).toEqual(places)
    for (const { median, maximum } of Object.values(revocations)) expect(maximum).toBeGreaterThanOrEqual(median)
  },
  within(240_000),
)
