import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))

test(
  proves('house:bench:detectors'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const { recall, precision, redactOverStringify, sanitizeOverStringify } = JSON.parse(stdout)
    expect(Math.min(recall, precision)).toBeGreaterThan(0.9)
    expect(Math.min(redactOverStringify, sanitizeOverStringify)).toBeGreaterThan(0)
  },
  within(120_000),
)
