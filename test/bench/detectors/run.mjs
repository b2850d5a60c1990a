// `npm run bench:detectors`: how much of secrets and personal data is found in generated texts, how much else is taken for it, and what it costs.
//
//   --json    prints the counts and costs as one object instead of the table
//   --write   writes docs/detectors.md
//   --tiny    two texts of each class and one round: shows that it works, measures nothing
import { writeFile } from 'node:fs/promises'
import { plainText } from '@lockstep/core'
import { createTextRedactor } from '@lockstep/execution/egress'
import { createCorpus } from './corpus.mjs'
import { detectorsPage, tableOfClasses } from './page.mjs'
import { scoreCorpus } from './score.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const { count, rounds } = wants('tiny') ? { count: 2, rounds: 1 } : { count: 200, rounds: 9 }
const SEED = 2026

const redactor = createTextRedactor({ deadline: 60_000 })
try {
  const corpus = createCorpus({ seed: SEED, count })
  const score = await scoreCorpus(corpus, (texts) => redactor.redact(texts))
  const costs = await measureCosts(corpus.map(({ text }) => text))
  const measures = { seed: SEED, texts: corpus.length, ...score, ...costs }
  process.stdout.write(wants('json') ? `${JSON.stringify(measures)}\n` : `${tableOfClasses(measures)}\n`)
  if (wants('write')) await writeFile(new URL('../../../docs/detectors.md', import.meta.url), detectorsPage(measures))
} finally {
  await redactor.close()
}

/** Medians over rounds in which the paths take turns, over JSON.stringify of the same texts. */
async function measureCosts(texts) {
  const ratios = { redact: [], sanitize: [] }
  await redactor.redact(texts)
  for (let round = 0; round < rounds; round += 1) {
    const plain = await timed(() => JSON.stringify(texts), 20)
    ratios.sanitize.push((await timed(() => texts.map(plainText), 20)) / plain)
    ratios.redact.push((await timed(() => redactor.redact(texts), 1)) / plain)
  }
  return { redactOverStringify: median(ratios.redact), sanitizeOverStringify: median(ratios.sanitize) }
}

async function timed(work, times) {
  const started = performance.now()
  for (let time = 0; time < times; time += 1) await work()
  return (performance.now() - started) / times
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}
