import type { Question } from '@lockstep/core'
import { createDecisionPoint, type Disagreement } from '@lockstep/policy'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { policyFolder } from './policy-folder.ts'

const folder = policyFolder({
  'schema.cedarschema':
    'entity User { n: Long }; entity Doc; action read appliesTo { principal: User, resource: Doc, context: { word: String } };',
  // Beyond 2^53 Cedar goes on counting and the house does not: the one place where the two differ, and where ours denies.
  'a.cedar': '@id("a") permit (principal, action, resource) when { principal.n + 9007199254740991 > 0 };',
})
afterAll(folder.remove)

const question = (n: number): Question => ({
  principal: { type: 'User', id: 'u' },
  action: 'read',
  resource: { type: 'Doc', id: 'd', attributes: {}, parents: [] },
  context: { word: 'secret' },
  facts: { entities: [{ type: 'User', id: 'u', attributes: { n }, parents: [] }], revision: '1' },
})

const point = (over: Partial<Parameters<typeof createDecisionPoint>[0]>) =>
  createDecisionPoint({ folder: folder.path, ...over })

test(proves('policy:engine:chosen'), () => {
  expect(point({}).decide(question(1))).toMatchObject({ effect: 'deny', code: 'policy.evaluation-failed' })
  expect(point({ engine: 'lockstep' }).decide(question(1))).toMatchObject({ code: 'policy.evaluation-failed' })
  expect(point({ engine: 'cedar-wasm' }).decide(question(1))).toMatchObject({ effect: 'permit', policies: ['a'] })
  for (const engine of ['lockstep', 'cedar-wasm'] as const) {
    expect(point({ engine }).decide(question(0))).toMatchObject({ effect: 'permit', policies: ['a'] })
  }
})

test.each(['lockstep', 'cedar-wasm'] as const)(proves('policy:engine:compared', '%s'), (engine) => {
  const told: Disagreement[] = []
  const compared = point({ engine, compare: { fraction: 1, onDisagreement: (one) => told.push(one) } })
  expect(compared.decide(question(0))).toMatchObject({ effect: 'permit', policies: ['a'] })
  expect(compared.decide({ ...question(0), action: 'write' })).toMatchObject({ code: 'policy.evaluation-failed' })
  expect(told).toEqual([])
  expect(compared.decide(question(1))).toEqual({
    effect: 'deny',
    policies: [],
    refused: 'subject',
    code: 'policy.engines-disagree',
    policyVersion: compared.version,
  })
  const effects = engine === 'lockstep' ? ['deny', 'permit'] : ['permit', 'deny']
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ action: 'read', policyVersion: compared.version })
  expect([told[0]?.decision.effect, told[0]?.other.effect]).toEqual(effects)
  // No fact, argument or context reaches the hook.
  expect(JSON.stringify(told)).not.toContain('secret')
})

test(proves('policy:engine:compared', 'a hook that throws changes nothing'), () => {
  const onDisagreement = () => {
    throw new Error('the hook is broken')
  }
  const compared = point({ compare: { fraction: 1, onDisagreement } })
  expect(compared.decide(question(1))).toMatchObject({ effect: 'deny', code: 'policy.engines-disagree' })
})

test(proves('policy:engine:compared', 'of the fraction that was asked for'), () => {
  let told = 0
  const compared = point({ engine: 'cedar-wasm', compare: { fraction: 0.2, onDisagreement: () => (told += 1) } })
  const codes = Array.from({ length: 400 }, () => compared.decide(question(1)).effect)
  expect(codes.filter((effect) => effect === 'deny')).toHaveLength(told)
  // 80 are expected; outside of these bounds once in more than 10^12 runs.
  expect(told).toBeGreaterThan(20)
  expect(told).toBeLessThan(160)
})

test(proves('policy:engine:compared', 'after a reload too'), () => {
  const compared = point({ compare: { fraction: 1 } })
  folder.write({ 'b.cedar': '@id("b") permit (principal, action, resource) when { context.word == "x" };' })
  expect(compared.reload()).toBe(true)
  expect(compared.decide(question(0))).toMatchObject({ effect: 'permit', policies: ['a'] })
  expect(compared.decide(question(1))).toMatchObject({ code: 'policy.engines-disagree' })
  expect(compared.decide({ ...question(0), context: { word: 'x' } }).policies).toHaveLength(2)
})
