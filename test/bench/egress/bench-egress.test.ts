import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { within } from '../../long-runs.ts'
import { proves } from '../../requirements/index.ts'

const bench = fileURLToPath(new URL('run.mjs', import.meta.url))

test(
  proves('house:bench:egress'),
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--tiny', '--json'])
    const measures: Record<string, { readonly value: number }> = JSON.parse(stdout)
    expect(Object.keys(measures)).toEqual([
      'masked',
      'maskedBySchema',
      'withheld',
      'withheldBySchema',
      'told',
      'hashed',
    ])
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
  },
  within(120_000),
)
