import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A suite that hangs noticed the fault as well; it is given this long, in milliseconds. */
const MOST = 180_000

/** Runs suites in a copy of the tree, silently, and counts the tests that ran and those that failed. */
export async function countFailures(folder, suite, { bail = true } = {}) {
  const report = join(folder, 'reports', 'suite.json')
  await rm(report, { force: true })
  const code = await runVitest(folder, [
    ...['run', ...suite, '--reporter=json', `--outputFile=${report}`],
    ...(bail ? ['--bail', '1'] : []),
    // Nothing but the fault changes between two runs.
    '--experimental.fsModuleCache',
  ])
  if (code === 'timeout') return { ran: 1, failed: 1, names: ['a suite that hangs'] }
  try {
    const { testResults } = JSON.parse(await readFile(report, 'utf8'))
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    const names = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
    const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed').length
    // An error outside of any test fails the run without a failed test.
    return { ran, failed: code === 0 ? 0 : Math.max(1, names.length), names }
  } catch {
    return { ran: 0, failed: 1, names: ['no report'] }
  }
}

function runVitest(folder, args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
      cwd: folder,
      stdio: 'ignore',
      // of generated statements, so many show a fault as well as all
      env: { ...process.env, STATEMENTS: '400' },
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      done('timeout')
    }, MOST)
    child.once('error', () => done(1))
    child.once('close', (code) => {
      clearTimeout(timer)
      done(code ?? 1)
    })
  })
}
