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
const say = (text) => process.stdout.write(`${text}\n`)
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`
const began = Date.now()

/** Resolves to the test that noticed the fault, or to why the fault is no good test of the tests. */
async function judge({ file, find, replace, suite }) {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  const [before, after, ...more] = text.split(find)
  if (after === undefined || more.length > 0) return { problem: 'its text does not occur exactly once' }
  await writeFile(path, before + replace + after)
  try {
    const { failed, ran, names } = await countFailures(folder, suite)
    // A source that does not even load is no fault that a test noticed.
    if (ran === 0) return { problem: 'nothing ran: it does not load' }
    return failed > 0 ? { by: names[0] ?? 'an error outside of any test' } : { problem: 'SURVIVED' }
  } finally {
    await writeFile(path, text)
  }
}

/** Holds the chosen faults against their suites, which must pass without any of them. Resolves to whether all were noticed. */
async function judgeAll() {
  const suites = [...new Set(chosen.flatMap(({ suite }) => suite))]
  const sound = await countFailures(folder, suites, { bail: false })
  if (sound.failed > 0 || sound.ran === 0) {
    say(`without any fault, ${sound.failed} of ${sound.ran} tests failed: ${sound.names.join(', ')}`)
    return false
  }
  say(`${chosen.length} faults, ${suites.length} suites, ${sound.ran} tests that pass without any (${seconds(began)})`)
  const survivors = []
  for (const mutant of chosen) {
    const started = Date.now()
    const { problem, by } = await judge(mutant)
    say(`${problem ? 'NOT OK' : 'noticed'} ${mutant.id} (${seconds(started)}): ${problem ?? by}`)
    if (problem) survivors.push(mutant.id)
  }
  if (survivors.length > 0) say(`\nnot noticed: ${survivors.join(', ')}`)
  say(`\n${chosen.length - survivors.length} of ${chosen.length} seeded faults noticed in ${seconds(began)}`)
  return survivors.length === 0
}

if (chosen.length === 0) throw new RangeError('no fault has such an id')
const { folder, remove } = await cloneTree()
try {
  process.exitCode = (await judgeAll()) ? 0 : 1
} finally {
  await remove()
}
