import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { at } from './root.mjs'

/** Where the report is written. */
export const REPORT = at('reports', 'vitest.json')

/**
 * A reporter of vitest that writes what the last lines of a run have to say: how many tests passed and failed, and each failure by
 * name with the first line of its message. A file that does not load and an error outside of any test are failures too, which the
 * counts of vitest's own report leave out.
 */
export default class FailuresReporter {
  onTestRunEnd(modules, unhandled) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const failures = []
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        counts[state] = (counts[state] ?? 0) + 1
        if (state === 'failed')
          failures.push(`${module.relativeModuleId} > ${test.fullName}: ${firstLine(errors?.[0])}`)
      }
      for (const error of outsideTests(module)) failures.push(`${module.relativeModuleId}: ${firstLine(error)}`)
    }
    for (const error of unhandled) failures.push(`outside of any test${whileIn(error)}: ${firstLine(error)}`)
    mkdirSync(dirname(REPORT), { recursive: true })
    writeFileSync(REPORT, JSON.stringify({ ...counts, failed: failures.length, failures }))
  }
}

function outsideTests(module) {
  return [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())]
}

/** The file that ran when an error came that no test awaited; vitest notes it on the error. */
function whileIn({ VITEST_TEST_PATH: path }) {
  return path ? `, in ${relative(at(), path)}` : ''
}

function firstLine(error) {
  return String(error?.message ?? error ?? 'no message')
    .split('\n')[0]
    .slice(0, 300)
}
