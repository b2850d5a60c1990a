import { readFile, rm } from 'node:fs/promises'
import { REPORT } from './failures-reporter.mjs'
import { at } from './root.mjs'
import { runNode } from './run.mjs'

/** Runs all tests and resolves to their counts and to the names of those that failed. A run without a report is one failure. */
export async function runVitest({ nightly }) {
  await rm(REPORT, { force: true })
  const code = await runNode(
    [
      at('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      `--reporter=${at('scripts', 'steps', 'failures-reporter.mjs')}`,
    ],
    { env: nightly ? { LOCKSTEP_NIGHTLY: '1' } : {} },
  )
  const counts = await readFile(REPORT, 'utf8').then(JSON.parse, () => undefined)
  if (!counts) return { failed: 1, failures: ['the test runner ended without a report'] }
  if (code === 0 || counts.failed > 0) return counts
  return { ...counts, failed: 1, failures: [`the test runner exited with ${code}`] }
}
