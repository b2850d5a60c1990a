import {
  alwaysFails,
  compile,
  type EntityFact,
  isLockstepError,
  literal,
  mergeBounds,
  substitute,
  type Value,
} from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { callCedar } from '../src/cedar.ts'
import { decodeExpr, VARIABLES } from '../src/decode-expr.ts'
import { encodeFact, encodeRecord } from '../src/encode-value.ts'
import { CASES } from './oracle/cases.ts'

const ref = (type: string, id: string): Value => ({ entity: { type, id } })
const extension = (type: 'decimal' | 'ipaddr' | 'datetime' | 'duration', text: string): Value => ({
  extension: { type, text },
})
const fact = (type: string, id: string, over: Partial<EntityFact> = {}): EntityFact => ({
  type,
  id,
  attributes: {},
  parents: [],
  ...over,
})

const WORLD: readonly EntityFact[] = [
  fact('User', 'u', {
    attributes: {
      n: 2,
      big: Number.MAX_SAFE_INTEGER,
      name: 'ab',
      set: { set: [1, 2, 2] },
      boss: ref('User', 'v'),
      gone: ref('User', 'gone'),
      rec: { record: { a: 1, deep: { record: { b: 'x' } } } },
      price: extension('decimal', '1.50'),
      at: extension('datetime', '2026-01-01T12:00:00Z'),
      span: extension('duration', '90m'),
      host: extension('ipaddr', '10.1.2.3'),
    },
    parents: [{ type: 'Group', id: 'a' }],
    tags: { one: 1, two: 'x' },
  }),
  fact('User', 'v', { attributes: { n: 3 } }),
  fact('Group', 'a', { parents: [{ type: 'Group', id: 'b' }] }),
  fact('Group', 'b', { parents: [{ type: 'Group', id: 'c' }] }),
  fact('Doc', 'd', { attributes: { open: true, owner: ref('User', 'u') } }),
]
const CONTEXT: Readonly<Record<string, Value>> = { flag: false, text: 'a*b', n: -1, empty: { set: [] } }
const CALL = {
  principal: { type: 'User', id: 'u' },
  action: { type: 'Action', id: 'read' },
  resource: { type: 'Doc', id: 'd' },
}

/** What Cedar makes of an expression: without a schema, because no validator may stand between. */
function cedarSays(text: string): boolean | 'error' {
  const staticPolicies = { p: `permit (principal, action, resource) when { ${text} };` }
  const answer = callCedar((cedar) =>
    cedar.isAuthorized({
      ...CALL,
      context: encodeRecord(CONTEXT),
      policies: { staticPolicies },
      entities: WORLD.map(encodeFact),
    }),
  )
  if (answer.type !== 'success') throw new Error(`no expression: ${answer.errors[0]?.message}`)
  return answer.response.diagnostics.errors.length > 0 ? 'error' : answer.response.decision === 'allow'
}

const BINDINGS = {
  [VARIABLES.principal]: { entity: CALL.principal },
  [VARIABLES.action]: { entity: CALL.action },
  [VARIABLES.resource]: { entity: CALL.resource },
  [VARIABLES.context]: { record: CONTEXT },
}

function ownSays(run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (isLockstepError(error) && error.code === 'policy.evaluation-failed') return 'error'
    throw error
  }
}

function read(text: string) {
  const answer = callCedar((cedar) => cedar.policyToJson(`permit (principal, action, resource) when { ${text} };`))
  if (answer.type !== 'success') throw new Error('no expression')
  return decodeExpr(answer.json.conditions[0]?.body)
}

describe(proves('policy:engine:decides-as-cedar', 'case by case'), () => {
  test.each(CASES)('%s', (text) => {
    const expected = cedarSays(text)
    const expr = read(text)
    expect(ownSays(() => compile(expr)(BINDINGS, { facts: WORLD }))).toBe(expected)
    const folded = mergeBounds(substitute(expr, BINDINGS, { facts: WORLD }))
    if (expected === 'error') expect(alwaysFails(folded)).toBe(true)
    else expect(folded).toEqual(literal(expected))
  })

  test('with every answer', () => {
    const answers = CASES.map(cedarSays)
    for (const answer of [true, false, 'error']) {
      expect(answers.filter((one) => one === answer).length / CASES.length).toBeGreaterThan(0.2)
    }
  })
})
