import { openRelations, readRelationModel } from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'
import { measureAwaited } from './measure.mjs'
import { MODEL, questionsOf, tuplesOf } from './relation-world.mjs'
import { startSpiceDb } from './spicedb.mjs'

/** Measures relationship checks; see the header of run.mjs. */
export async function measureRelations({ rounds, roundMs }) {
  const tuples = tuplesOf()
  const relations = openRelations({
    model: await readRelationModel(MODEL),
    tuples: createMemoryState({ clock: Date.now }).relations,
  })
  for (let first = 0; first < tuples.length; first += 500) {
    await relations.change({ writes: tuples.slice(first, first + 500) })
  }
  const spicedb = await startSpiceDb(tuples)
  try {
    const questions = questionsOf()
    const own = questions.map((question) => () => relations.ask((now) => now.check(question)))
    const theirs = questions.map((question) => spicedb.prepare(question))
    await refuseOtherAnswers(own, theirs)
    const took = await measureAwaited({ own: inTurn(own), spicedb: inTurn(theirs) }, { rounds, roundMs })
    const value = Number((took.spicedb / took.own).toPrecision(3))
    return {
      'relation-check': {
        says: 'relationship check, 1000 tuples: times faster than SpiceDB in process',
        value,
        atLeast: 10,
      },
    }
  } finally {
    spicedb.close()
  }
}

function inTurn(calls) {
  let next = 0
  return () => calls[next++ % calls.length]()
}

/** A benchmark of wrong answers would say nothing, and neither would one of a single answer. */
async function refuseOtherAnswers(own, theirs) {
  const answers = await Promise.all([own, theirs].map((calls) => Promise.all(calls.map((call) => call()))))
  const [ours, others] = answers
  if (ours.join() !== others.join()) throw new Error('the two differ')
  const yes = ours.filter(Boolean).length / ours.length
  if (yes < 0.2 || yes > 0.8) throw new Error(`${yes} of the questions are answered with yes`)
}
