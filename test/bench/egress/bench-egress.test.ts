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
      'relayed',
      'relayedOverStdio',
    ])
    for (const { value } of Object.values(measures)) expect(value).toBeGreaterThan(0)
    // held whole, the 40 MiB would be there several times: as bytes, as text and as what is parsed
    expect(measures.relayed?.value).toBeLessThan(64)
    expect(measures.relayedOverStdio?.value).toBeLessThan(64)
  },
  within(120_000),
)
