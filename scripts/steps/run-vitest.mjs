import { readFile, rm } from 'node:fs/promises'
import { at } from './root.mjs'
import { runNode } from './run.mjs'

/** Runs all tests and resolves to the counts of vitest's own report. A run without a report is one failure. */
export async function runVitest({ nightly }) {
  const report = at('reports', 'vitest.json')
  await rm(report, { force: true })
  const code = await runNode(
    [
      at('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    { env: nightly ? { LOCKSTEP_NIGHTLY: '1' } : {} },
  )
  const counts = await readCounts(report)
  if (!counts) return { failed: 1 }
  // An error outside of any test (an unhandled rejection) fails the run without a failed test.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

async function readCounts(path) {
  try {
    const report = JSON.parse(await readFile(path, 'utf8'))
    // A file that does not load has no failed test in it.
    const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests + report.numTodoTests,
    }
  } catch {
    return undefined
  }
}
