// Runs every seeded fault of test/mutants against the tests that must notice it: `node scripts/mutants.mjs [part of an id ...]`. Nothing of
// the working tree is touched. Exits 1 when a fault survives, when its text no longer occurs exactly once, or when its tests fail without it.
//
// Not Stryker: these are the faults that matter here, each with its narrow suite, in minutes; a general mutation score is another question.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mutants } from '../test/mutants/index.mjs'
import { cloneTree } from './steps/clone-tree.mjs'
import { countFailures } from './steps/count-failures.mjs'

const wanted = process.argv.slice(2)
const chosen = mutants.filter(({ id }) => wanted.length === 0 || wanted.some((part) => id.includes(part)))
const { folder, remove } = await cloneTree()
const survivors = []
const say = (text) => process.stdout.write(`${text}\n`)
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`
const began = Date.now()

/** Resolves to why the fault is no good test of the tests, or to undefined when they noticed it. */
async function judge({ file, find, replace, suite }) {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  const [before, after, ...more] = text.split(find)
  if (after === undefined || more.length > 0) return 'its text does not occur exactly once'
  await writeFile(path, before + replace + after)
  try {
    const { failed, ran } = await countFailures(folder, suite)
    // A source that does not even load is no fault that a test noticed.
    return ran === 0 ? 'nothing ran: it does not load' : failed > 0 ? undefined : 'SURVIVED'
  } finally {
    await writeFile(path, text)
  }
}

try {
  const suites = [...new Set(chosen.flatMap(({ suite }) => suite))]
  const sound = await countFailures(folder, suites, { bail: false })
  if (chosen.length === 0 || sound.failed > 0 || sound.ran === 0) {
    survivors.push('the suites themselves')
    say(`without any fault, ${sound.failed} of ${sound.ran} tests failed: ${sound.names.join(', ')}`)
  } else {
    say(
      `${chosen.length} faults, ${suites.length} suites, ${sound.ran} tests that pass without any (${seconds(began)})`,
    )
    for (const mutant of chosen) {
      const started = Date.now()
      const problem = await judge(mutant)
      say(`${problem ? 'NOT OK' : 'noticed'} ${mutant.id} (${seconds(started)})${problem ? `: ${problem}` : ''}`)
      if (problem) survivors.push(mutant.id)
    }
  }
} finally {
  await remove()
}
const bad = survivors.length
say(`\n${chosen.length - Math.min(bad, chosen.length)} of ${chosen.length} seeded faults noticed in ${seconds(began)}`)
if (bad > 0) say(`not noticed: ${survivors.join(', ')}`)
process.exitCode = bad === 0 ? 0 : 1
