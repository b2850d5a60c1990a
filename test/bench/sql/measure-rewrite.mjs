import { loadModule, parseSync } from 'libpg-query'
import { costOver, cpuOf } from './compare.mjs'
import { newCall, openRewriter } from './rewriter.mjs'
import { LONG_PARAMETERS, longStatement } from './statements.mjs'
import { PEOPLE } from './world.mjs'

/** Statements that the baseline's map and the rewriter know: those of an application. */
const KNOWN = 200

/** One run of bytes that was never hashed, as a text from the wire is. */
const fresh = (text) => Buffer.from(text, 'latin1').toString('latin1')

/** Measures what rewriting costs in this process; see the header of run.mjs. */
export async function measureRewrite({ rounds, operations }) {
  await loadModule()
  const rewriter = await openRewriter()
  const [{ subject }] = PEOPLE
  const call = newCall(subject)
  const texts = Array.from({ length: KNOWN }, (_, number) => longStatement(number))
  const map = new Map(texts.map((text) => [fresh(text), {}]))
  for (const text of texts) rewriter.rewrite(call, text, LONG_PARAMETERS)

  const freshTexts = (count) => Array.from({ length: count }, (_, index) => fresh(texts[index % KNOWN]))
  let never = 1_000_000
  const neverSeen = (count) => Array.from({ length: count }, () => fresh(longStatement(never++)))
  const seldom = Math.ceil(operations / 50)
  const took = await cpuOf(
    {
      map: {
        prepare: freshTexts,
        run: (work) => {
          for (const text of work) if (map.get(text) === undefined) throw new Error('a text is unknown')
        },
      },
      warm: {
        prepare: freshTexts,
        run: (work) => {
          for (const text of work) rewriter.rewrite(call, text, LONG_PARAMETERS)
        },
      },
      'warm-new-call': {
        prepare: (count) => freshTexts(count).map((text) => ({ text, by: newCall(subject) })),
        run: (work) => {
          for (const { text, by } of work) rewriter.rewrite(by, text, LONG_PARAMETERS)
        },
      },
      parse: {
        operations: seldom,
        prepare: neverSeen,
        run: (work) => {
          for (const text of work) parseSync(text)
        },
      },
      cold: {
        operations: seldom,
        prepare: neverSeen,
        run: (work) => {
          for (const text of work) rewriter.rewrite(call, text, LONG_PARAMETERS)
        },
      },
    },
    { rounds, operations },
  )
  return {
    'warm-over-map': {
      says: 'warm rewrite, 600 characters, same call, over a lookup of a fresh text in a `Map`',
      value: costOver(took.warm, took.map),
      atMost: 3,
    },
    'warm-new-call-over-map': {
      says: 'the same, a new call of the same caller each time',
      value: costOver(took['warm-new-call'], took.map),
    },
    'cold-over-parse': {
      says: 'cold rewrite, 600 characters, over parsing alone',
      value: costOver(took.cold, took.parse),
      atMost: 10,
    },
  }
}
