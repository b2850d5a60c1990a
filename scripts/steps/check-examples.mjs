import { readFile } from 'node:fs/promises'
import { examples } from './build.mjs'
import { runNpm } from './run.mjs'

/** Runs the script `verify` of every example that has one. One count for each example. */
export async function checkExamples() {
  const counts = { passed: 0, failed: 0 }
  for (const folder of await examples()) {
    const { name, scripts } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'))
    if (!scripts?.verify) continue
    process.stdout.write(`${name}\n`)
    counts[(await runNpm(['run', '--silent', 'verify'], { cwd: folder })) === 0 ? 'passed' : 'failed'] += 1
  }
  return counts
}
