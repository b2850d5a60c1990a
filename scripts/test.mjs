// `npm test`: installs what is missing, builds, runs every check and every test. The last lines name what failed, each as
// `FAILED what`, and count what the runners reported: `N passed, N failed`. With `--nightly` the long suites and the seeded faults run too; with LOCKSTEP_REQUIRE=all an absent program is a failure.
import { build } from './steps/build.mjs'
import { checkExamples } from './steps/check-examples.mjs'
import { checkPackages } from './steps/check-packages.mjs'
import { install } from './steps/install.mjs'
import { at } from './steps/root.mjs'
import { runNode } from './steps/run.mjs'
import { runVitest } from './steps/run-vitest.mjs'

const tool = (...path) => at('node_modules', ...path)
const passes = async (args) => ({
  passed: 0,
  failed: 0,
  ...((await runNode(args)) === 0 ? { passed: 1 } : { failed: 1 }),
})

/** Without these nothing else can run. */
const FOUNDATION = [
  ['install', async () => ((await install()) ? {} : { failed: 1 })],
  ['build', async () => ((await build()) ? { passed: 1 } : { failed: 1 })],
]

const CHECKS = [
  ['format and lint', () => passes([tool('@biomejs', 'biome', 'bin', 'biome'), 'check', at('.')])],
  ['unused code and dependencies', () => passes([tool('knip', 'bin', 'knip.js'), '--no-progress'])],
  ['published form of the packages', checkPackages],
  ['types of the tests', () => passes([tool('typescript', 'bin', 'tsc'), '-p', at('tsconfig.test.json')])],
  ['generated pages', () => passes([at('scripts', 'docs.mjs'), '--check'])],
  ['snippets of the documentation', () => passes([at('scripts', 'snippets.mjs')])],
  ['tests', () => runVitest({ nightly: isNightly })],
  ['examples', checkExamples],
]

const isNightly = process.argv.includes('--nightly')
const NIGHTLY = [['seeded faults', () => passes([at('scripts', 'mutants.mjs')])]]

const total = { passed: 0, failed: 0, skipped: 0 }
const broken = []

async function run([name, step]) {
  process.stdout.write(`\n== ${name}\n`)
  const counts = await step()
  for (const kind of Object.keys(total)) total[kind] += counts[kind] ?? 0
  if (counts.failed) broken.push(...(counts.failures ?? [name]))
  return !counts.failed
}

let standing = true
for (const step of FOUNDATION) standing = standing && (await run(step))
if (standing) for (const step of [...CHECKS, ...(isNightly ? NIGHTLY : [])]) await run(step)

process.stdout.write(`\n${broken.map((what) => `FAILED ${what}\n`).join('')}`)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
