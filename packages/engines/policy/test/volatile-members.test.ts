import {
  callContext,
  type DecisionPoint,
  decideForBoth,
  isLiteral,
  type Residual,
  residualForBoth,
} from '@lockstep/core'
import { createDecisionPoint } from '@lockstep/policy'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { callerOf, factsOf } from './expense-fixture.ts'
import { policyFolder } from './policy-folder.ts'

const folder = policyFolder({
  'schema.cedarschema': `entity User; entity Agent; entity Tool;
    action pay, look appliesTo { principal: [User, Agent], resource: [Tool], context: { signInAge?: Long } };
    action plain appliesTo { principal: [User, Agent], resource: [Tool], context: {} };`,
  'pay.cedar': `@id("fresh") permit (principal is User, action == Action::"pay", resource)
    when { context has signInAge && context.signInAge <= 300 };
    @id("agents") permit (principal is Agent, action, resource);
    @id("old") permit (principal is User, action == Action::"look", resource) unless { context has signInAge && context.signInAge <= 300 };
    @id("plain") permit (principal is User, action == Action::"plain", resource);`,
})
afterAll(() => folder.remove())

const caller = callerOf('alice')
const tool = { type: 'Tool', id: 'pay', attributes: {}, parents: [] }
const facts = {
  entities: factsOf('alice').entities.map((fact) => ({ ...fact, attributes: {}, parents: [] })),
  revision: '1',
}

test.each(['lockstep', 'cedar-wasm'] as const)(proves('policy:residual:volatile', '%s'), (engine) => {
  const point = createDecisionPoint({ folder: folder.path, engine })
  const kept = new Set<Residual>()
  const watched: DecisionPoint = {
    ...point,
    version: point.version,
    residual: (question) => {
      const residual = point.residual(question)
      kept.add(residual)
      return residual
    },
  }
  for (const action of ['pay', 'look', 'plain']) {
    kept.clear()
    for (const signInAge of [undefined, 0, 299, 300, 301, 86_400]) {
      const context = callContext(caller, action, { signInAge })
      const question = { action, resource: tool, context, facts }
      const decided = decideForBoth(watched, caller, question).effect
      const { condition } = residualForBoth(watched, caller, { ...question, unknownContext: [] })
      expect(isLiteral(condition, true), `${action} after ${signInAge} s`).toBe(decided === 'permit')
      expect(isLiteral(condition, false)).toBe(decided !== 'permit')
    }
    // For each of the two principals: one where nobody knows the age, and one for every age.
    expect(kept.size, 'what is kept does not depend on the age').toBeLessThanOrEqual(4)
  }
})
