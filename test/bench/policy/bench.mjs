// `npm run bench:policy [-- --json]`: the evaluator of our own beside pre-parsed cedar-wasm, in one run. Exits 1 when a ratio is missed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDecisionPoint } from '@lockstep/policy'
import { createReference } from './cedar.mjs'
import { measure } from './measure.mjs'
import { policyFiles, questionOf } from './world.mjs'

const COUNTS = [10, 100, 1_000]
const AT_LEAST = { 10: 20, 100: 50, 1_000: 200 }
const CALLERS = 1_000
const QUICK = { rounds: 7, roundMs: 250 }

const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
const rows = []
const row = (measure, value, { atLeast, atMost } = {}) => {
  const ok = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
  rows.push({ measure, value: Number(value.toPrecision(3)), bound: atLeast ? `>= ${atLeast}` : atMost ? `<= ${atMost}` : '', ok })
}

try {
  const question = questionOf()
  const functions = {}
  const points = new Map()
  for (const count of COUNTS) {
    const files = policyFiles(count)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const point = createDecisionPoint({ folder, cachedResiduals: CALLERS })
    points.set(count, point)
    const reference = createReference(files, question, `policies-${count}`)
    sameAnswer(point.decide(question), reference())
    functions[`lockstep-${count}`] = () => point.decide(question)
    functions[`cedar-${count}`] = reference
  }
  const people = newPeople(CALLERS * 40)
  const { value: last } = [...points.values()].map((point) => ({ value: point })).at(-1)
  functions.residual = () => last.residual(openFor(people.next().value))
  const took = measure(functions, QUICK)
  for (const count of COUNTS) {
    row(`decision, ${count} policies: lockstep, microseconds of CPU`, took[`lockstep-${count}`])
    row(`decision, ${count} policies: pre-parsed cedar-wasm, microseconds of CPU`, took[`cedar-${count}`])
    row(`decision, ${count} policies: times faster`, took[`cedar-${count}`] / took[`lockstep-${count}`], {
      atLeast: AT_LEAST[count],
    })
  }
  row('decision, 1,000 policies over 10 policies of which the same apply', took['lockstep-1000'] / took['lockstep-10'], { atMost: 1.5 })
  row('first residual of a new caller, 1,000 policies, microseconds of CPU', took.residual)
  row('first residual of a new caller over one decision of pre-parsed cedar-wasm', took.residual / took['cedar-1000'], { atMost: 1 })
  row('memory of one cached caller, bytes', memoryOfACaller())
} finally {
  rmSync(folder, { recursive: true, force: true })
}

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
else {
  for (const { measure: what, value, bound, ok } of rows) {
    process.stdout.write(`${ok ? 'ok    ' : 'MISSED'} ${what}: ${value} ${bound && `(${bound})`}\n`)
  }
}
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1

/** A benchmark of wrong answers would say nothing. */
function sameAnswer(own, { decision, diagnostics }) {
  const same = own.effect === 'permit' && decision === 'allow' && diagnostics.errors.length === 0
  if (!same || [...own.policies].sort().join() !== [...diagnostics.reason].sort().join()) throw new Error('the two differ')
}

function* newPeople(count) {
  for (let index = 0; ; index = (index + 1) % count) yield `person-${index}`
}

/** What discovery asks: the resource and the arguments are open. */
function openFor(person) {
  const { resource, context, ...rest } = questionOf(person)
  const { arguments: _, ...known } = context
  return { ...rest, resource: { type: resource.type }, context: known, unknownContext: ['arguments'] }
}

/** Heap that the residuals of a caller hold in a cache that is full. */
function memoryOfACaller() {
  for (const [name, text] of Object.entries(policyFiles(1_000))) writeFileSync(join(folder, name), text)
  const point = createDecisionPoint({ folder, cachedResiduals: CALLERS })
  point.residual(openFor('nobody'))
  const before = heap()
  for (let index = 0; index < CALLERS; index += 1) point.residual(openFor(`caller-${index}`))
  const bytes = (heap() - before) / CALLERS
  // The point must outlive the measurement.
  if (point.version === '') throw new Error('unreachable')
  return bytes
}

function heap() {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
