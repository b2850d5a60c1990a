import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))
const STATEMENTS = ['point', 'top-20', 'nested-loop', 'range', 'three-way', 'six-way']
const SHARES = [5, 50]

/** Every path works, on the same rows, and prints its rows. What the rows say depends on the machine, and is no matter of a test. */
test(
  proves('house:bench:sql'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const measures: Record<string, { says: string; value: number }> = JSON.parse(stdout)
    const each = (prefix: string) =>
      SHARES.flatMap((share) => STATEMENTS.map((statement) => `${prefix}-${statement}-${share}`))
    expect(Object.keys(measures).sort()).toEqual(
      [
        'warm-over-map',
        'warm-new-call-over-map',
        'cold-over-parse',
        ...each('native-plain'),
        ...each('native-leaky'),
        ...each('native-key'),
        ...[...STATEMENTS, 'long', 'point-audited', 'point-kept'].map((name) => `pg-${name}`),
        ...['insert', 'insert-kept', 'update', 'delete'].map((name) => `pg-${name}`),
        ...each('zenstack'),
        'floor-point-kept',
        'floor-point-shared',
      ].sort(),
    )
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
  },
  within(240_000),
)
