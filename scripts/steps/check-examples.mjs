import { readFile } from 'node:fs/promises'
import { examples } from './build.mjs'
import { runNpm } from './run.mjs'

/** How an example says what it checked, alone on its last line or after its name. */
const REPORT = /(\d+) passed, (\d+) failed\s*$/

/** Runs the script `verify` of every example that has one, and adds up what they report. */
export async function checkExamples() {
  const counts = { passed: 0, failed: 0 }
  for (const folder of await examples()) {
    const { name, scripts } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'))
    if (!scripts?.verify) continue
    process.stdout.write(`${name}\n`)
    const { code, said } = await runNpm(['run', '--silent', 'verify'], { cwd: folder, listen: true })
    const report = REPORT.exec(said)
    // An example that only exits counts once; an exit code without a reported failure is a failure too.
    counts.passed += report ? Number(report[1]) : code === 0 ? 1 : 0
    counts.failed += report && Number(report[2]) > 0 ? Number(report[2]) : code === 0 ? 0 : 1
  }
  return counts
}
