import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDecisionPoint } from '@lockstep/policy'
import { createReference } from './cedar.mjs'
import { measure } from './measure.mjs'
import { policyFiles, questionOf } from './world.mjs'

/** How many policies, and how many times faster a decision must be. */
const TARGETS = [
  [10, 20],
  [100, 50],
  [1_000, 200],
]

/** Measures decisions and residuals; see the header of run.mjs. */
export function measurePolicies({ rounds, roundMs, callers }) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  try {
    const question = questionOf()
    const functions = {}
    let point
    for (const [count] of TARGETS) {
      const files = policyFiles(count)
      const own = createPoint(folder, files, callers)
      const reference = createReference(files, question, `policies-${count}`)
      refuseOtherAnswers(own.decide(question), reference())
      functions[`lockstep-${count}`] = () => own.decide(question)
      functions[`cedar-${count}`] = reference
      point = own
    }
    const open = newCallers(callers * 40)
    functions.residual = () => point.residual(open())
    const took = measure(functions, { rounds, roundMs })
    return { measures: measuresOf(took), bytesOfACaller: bytesOfACaller(folder, callers) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function measuresOf(took) {
  const ratio = (a, b) => Number((took[a] / took[b]).toPrecision(3))
  return {
    ...Object.fromEntries(
      TARGETS.map(([count, atLeast]) => [
        `decision-${count}`,
        {
          says: `decision, ${count} policies: times faster than cedar-wasm`,
          value: ratio(`cedar-${count}`, `lockstep-${count}`),
          atLeast,
        },
      ]),
    ),
    'decision-flat': {
      says: 'decision among 1000 policies over decision among 10, the same 5 of them about the tool',
      value: ratio('lockstep-1000', 'lockstep-10'),
      atMost: 1.5,
    },
    'residual-over-decision': {
      says: 'first residual of a new caller, 1000 policies, over one decision of cedar-wasm',
      value: ratio('residual', 'cedar-1000'),
      atMost: 1,
    },
  }
}

function createPoint(folder, files, cachedResiduals) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return createDecisionPoint({ folder, cachedResiduals })
}

/** A benchmark of wrong answers would say nothing. */
function refuseOtherAnswers(own, { decision, diagnostics }) {
  const permitted = own.effect === 'permit' && decision === 'allow' && diagnostics.errors.length === 0
  if (!permitted || [...own.policies].sort().join() !== [...diagnostics.reason].sort().join()) {
    throw new Error('the two engines differ')
  }
}

/** Questions of callers in turn, of which the cache has forgotten each when it asks again: the resource and the arguments are open. */
function newCallers(count) {
  const questions = Array.from({ length: count }, (_, index) => openQuestion(`person-${index}`))
  let next = 0
  return () => questions[next++ % count]
}

function openQuestion(person) {
  const { resource, context, ...rest } = questionOf(person)
  const { arguments: _, ...known } = context
  return { ...rest, resource: { type: resource.type }, context: known, unknownContext: ['arguments'] }
}

/** Heap that the residuals of one caller hold, of a cache that is full. */
function bytesOfACaller(folder, callers) {
  const point = createPoint(folder, policyFiles(1_000), callers)
  point.residual(openQuestion('nobody'))
  const before = heap()
  for (let index = 0; index < callers; index += 1) point.residual(openQuestion(`caller-${index}`))
  const bytes = (heap() - before) / callers
  // The point must outlive the measurement.
  if (point.version === '') throw new Error('a point has a version')
  return Math.max(0, bytes)
}

function heap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
