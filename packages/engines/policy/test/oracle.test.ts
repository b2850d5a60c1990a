import { isLockstepError, type OpenQuestion, type Question, type Residual } from '@lockstep/core'
import { expect, test } from 'vitest'
import { runs, within } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createCedarEngine } from '../src/cedar-engine.ts'
import { compilePolicies } from '../src/compiled-policies.ts'
import { createLockstepEngine } from '../src/lockstep-engine.ts'
import type { PolicyBundle } from '../src/policy-bundle.ts'
import type { PolicyEngine } from '../src/policy-engine.ts'
import { cedarAnswer, encoded, preparePolicySet, prepareSchema } from './oracle/cedar-answer.ts'
import { compareResidual, ownAnswer, told } from './oracle/compare.ts'
import { OPERATORS, operatorsOfPolicies } from './oracle/operators-of.ts'
import { policyPool, someOf } from './oracle/policy-pool.ts'
import { type Random, random } from './oracle/random.ts'
import { randomQuestion } from './oracle/random-question.ts'

const POLICIES = 900
const QUESTIONS = 1_500
const SETS = runs(500)
const CELLS_OF_A_SET = 410

// The same draws at every run: what fails once fails again. Nightly runs go on where these end.
const draw = random(20_261_101)
const pool = policyPool(POLICIES, draw)
const questions = Array.from({ length: QUESTIONS }, () => randomQuestion(draw))
const calls = questions.map((question) => encoded(question, pool))
prepareSchema(pool)

/** How often each operator stood in a policy that was evaluated, and in one that decided. */
function tally() {
  const asked = new Map<string, number>()
  const decided = new Map<string, number>()
  const add = (counts: Map<string, number>, operators: ReadonlySet<string> = new Set()) => {
    for (const operator of operators) counts.set(operator, (counts.get(operator) ?? 0) + 1)
  }
  return { asked, decided, add }
}

test(
  proves('policy:engine:decides-as-cedar'),
  () => {
    const operators = operatorsOfPolicies(pool)
    const { asked, decided, add } = tally()
    const split = { allow: 0, deny: 0, errors: 0 }
    for (let set = 0; set < SETS; set += 1) {
      const bundle = someOf(pool, draw, 24)
      preparePolicySet(bundle)
      const slice = compilePolicies(bundle)
      const first = draw.below(QUESTIONS)
      for (let cell = 0; cell < CELLS_OF_A_SET; cell += 1) {
        const index = (first + cell) % QUESTIONS
        const question = questions[index]!
        const cedar = cedarAnswer(calls[index]!)
        const own = ownAnswer(question, bundle, slice)
        // `toEqual` on every cell would take longer than both engines.
        if (JSON.stringify(own) !== JSON.stringify(cedar)) expect(own, told(question, bundle)).toEqual(cedar)
        if (cedar === 'misfit') throw new Error(`a drawn question does not fit: ${told(question, bundle)}`)
        split[cedar.allowed ? 'allow' : 'deny'] += 1
        if (cedar.errors.length > 0) split.errors += 1
        for (const { id } of slice(question.action, question.principal.type, question.resource.type)) {
          add(asked, operators.get(id))
        }
        for (const id of cedar.reason) add(decided, operators.get(id))
      }
    }
    const cells = split.allow + split.deny
    const rows = OPERATORS.map((operator) => ({ operator, asked: asked.get(operator), decided: decided.get(operator) }))
    process.stdout.write(
      `${cells} cells: ${split.allow} allow, ${split.deny} deny, ${split.errors} with errors\n${rows
        .map(({ operator, asked: all = 0, decided: some = 0 }) => `${operator} ${all}/${some}`)
        .join(', ')}\n`,
    )
    expect(cells).toBeGreaterThanOrEqual(200_000)
    expect(Math.min(split.allow, split.deny) / cells).toBeGreaterThanOrEqual(0.2)
    expect(split.errors / cells).toBeGreaterThan(0.01)
    for (const row of rows) {
      expect(row.asked ?? 0, row.operator).toBeGreaterThan(1_000)
      expect(row.decided ?? 0, row.operator).toBeGreaterThan(200)
    }
    expect([...asked.keys()].filter((operator) => !OPERATORS.includes(operator))).toEqual([])
  },
  within(2_700_000),
)

/** Leaves the resource open, and some of the context. */
function opened(question: Question, draw: Random): OpenQuestion {
  const unknownContext = draw.once(2) ? draw.some(Object.keys(question.context)) : []
  const known = Object.entries(question.context).filter(([name]) => !unknownContext.includes(name))
  return {
    ...question,
    resource: { type: question.resource.type },
    context: Object.fromEntries(known),
    unknownContext,
  }
}

function residualOf(engine: PolicyEngine, question: OpenQuestion): Residual | undefined {
  try {
    return engine.residual(question)
  } catch (error) {
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return undefined
    throw error
  }
}

/** Asks for residuals and holds each against Cedar's decisions about several rows. */
function residualCells(makeEngine: (bundle: PolicyBundle) => PolicyEngine, sets: number, most: number) {
  const split = { allow: 0, deny: 0, refused: 0 }
  for (let set = 0; set < sets; set += 1) {
    const bundle = someOf(pool, draw, most)
    const engine = makeEngine(bundle)
    preparePolicySet(bundle)
    for (let asked = 0; asked < 20; asked += 1) {
      const question = draw.pick(questions)
      const residual = residualOf(engine, opened(question, draw))
      if (!residual) split.refused += 1
      const rows = questions.filter(({ resource }) => resource.type === question.resource.type)
      for (let row = 0; row < 8; row += 1) {
        const full = { ...question, resource: draw.pick(rows).resource }
        const cedar = cedarAnswer(encoded(full, bundle))
        if (cedar === 'misfit') throw new Error(`a drawn question does not fit: ${told(full, bundle)}`)
        split[cedar.allowed ? 'allow' : 'deny'] += 1
        compareResidual(residual, full, cedar, bundle)
      }
    }
  }
  return split
}

test(
  proves('policy:engine:residual-as-cedar'),
  () => {
    const { allow, deny } = residualCells(createLockstepEngine, runs(100), 24)
    process.stdout.write(`${allow + deny} residual cells: ${allow} allow, ${deny} deny\n`)
    expect(Math.min(allow, deny) / (allow + deny)).toBeGreaterThanOrEqual(0.2)
  },
  within(900_000),
)

test(
  proves('policy:engine:residual-as-cedar', "and so is that of Cedar's own partial evaluation"),
  () => {
    const { allow, deny } = residualCells((bundle) => createCedarEngine(bundle, 'partial'), runs(12), 6)
    expect(Math.min(allow, deny)).toBeGreaterThan(100)
  },
  within(240_000),
)
