import { type Expr, evaluate, FALSE, isLockstepError, simplify, substitute, TRUE, type Value } from '@lockstep/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { branch, conditions, rows, rowValue } from './random-expr.ts'

const FACTS = { facts: [] }

/** The value, or `error`. */
function outcome(expr: Expr, resource: Value): Value {
  try {
    return evaluate(expr, { resource }, FACTS)
  } catch (error) {
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return 'error'
    throw error
  }
}

test(proves('policy:simplify:agrees'), () => {
  const seen = new Map<Value, number>()
  fc.assert(
    fc.property(conditions(true), rows, (expr, row) => {
      const resource = rowValue(row)
      const answer = outcome(expr, resource)
      seen.set(answer, (seen.get(answer) ?? 0) + 1)
      expect(outcome(simplify(expr), resource)).toEqual(answer)
      expect(outcome(substitute(expr, { resource }, FACTS), { record: {} })).toEqual(answer)
    }),
    { numRuns: runs(3000) },
  )
  for (const answer of [true, false, 'error']) expect(seen.get(answer)).toBeGreaterThan(50)
})

test(proves('policy:simplify:agrees', 'twice is once'), () => {
  fc.assert(
    fc.property(conditions(false), (expr) => {
      const once = simplify(expr)
      expect(simplify(once)).toEqual(once)
    }),
    { numRuns: runs(500) },
  )
})

const resource: Expr = { op: 'unknown', name: 'resource' }
const flag: Expr = { op: 'get', of: resource, attribute: 'flag' }
const amount: Expr = { op: 'get', of: resource, attribute: 'amount' }
const sum: Expr = { op: 'add', left: amount, right: amount }
const mayFail: Expr = { op: 'less', left: sum, right: amount }
const beyond: Expr = { op: 'get', of: { op: 'get', of: resource, attribute: 'owner' }, attribute: 'active' }
const doc: Value = { entity: { type: 'Doc', id: 'd' } }
const literal = (value: Value): Expr => ({ op: 'value', value })

test.each<[string, Expr, Expr]>([
  ['x && false', { op: 'and', left: flag, right: FALSE }, FALSE],
  ['false && overflow', { op: 'and', left: FALSE, right: mayFail }, FALSE],
  ['true && x', { op: 'and', left: TRUE, right: flag }, flag],
  ['x || true', { op: 'or', left: flag, right: TRUE }, TRUE],
  ['!!x', { op: 'not', of: { op: 'not', of: flag } }, flag],
  ['if x then true else false', branch(flag, TRUE, FALSE), flag],
  ['if true then x else overflow', branch(TRUE, flag, mayFail), flag],
  ['[].contains(x)', { op: 'contains', left: literal({ set: [] }), right: amount }, FALSE],
  ['[1, 2].contains(2)', { op: 'contains', left: literal({ set: [1, 2] }), right: literal(2) }, TRUE],
  ['x == true', { op: 'equal', left: flag, right: TRUE }, flag],
  ['resource is Doc', { op: 'is', of: resource, type: 'Doc' }, TRUE],
  ['resource is User', { op: 'is', of: resource, type: 'User' }, FALSE],
  [
    'resource == User::"u"',
    { op: 'equal', left: resource, right: literal({ entity: { type: 'User', id: 'u' } }) },
    FALSE,
  ],
  ['{ a: x }.a', { op: 'get', of: { op: 'record', fields: { a: flag } }, attribute: 'a' }, flag],
  ['entity with facts', { op: 'get', of: literal(doc), attribute: 'amount' }, literal(5)],
  ['has on an entity with facts', { op: 'has', of: literal(doc), attribute: 'note' }, FALSE],
])(proves('policy:simplify:folds', '%s'), (_name, expr, expected) => {
  const fact = { type: 'Doc', id: 'd', attributes: { amount: 5 }, parents: [] }
  expect(simplify(expr, { types: { resource: 'Doc' }, facts: [fact] })).toEqual(expected)
})

test.each<[string, Expr]>([
  ['overflow && false', { op: 'and', left: mayFail, right: FALSE }],
  ['what an entity that may be gone says && false', { op: 'and', left: beyond, right: FALSE }],
  ['overflow || true', { op: 'or', left: mayFail, right: TRUE }],
  ['[].contains(overflow)', { op: 'contains', left: literal({ set: [] }), right: sum }],
  ['1 + (2^53 - 1)', { op: 'add', left: literal(1), right: literal(Number.MAX_SAFE_INTEGER) }],
  ['attribute of an entity without facts', { op: 'get', of: literal(doc), attribute: 'amount' }],
  [
    'membership without facts',
    { op: 'in', left: literal(doc), right: literal({ entity: { type: 'Folder', id: 'f' } }) },
  ],
])(proves('policy:simplify:errors-stay', '%s'), (_name, expr) => {
  expect(simplify(expr)).toEqual(expr)
})
