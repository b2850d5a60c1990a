import { type Question, revocableName } from '@lockstep/core'
import { createDecisionPoint, type PolicyStanding } from '@lockstep/policy'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import * as cedar from '../src/cedar-engine.ts'
import { policyFolder } from './policy-folder.ts'

const SCHEMA = `entity User; entity Doc { amount: Long };
action change;
action read, list appliesTo { principal: User, resource: Doc, context: {} };
action write in [change] appliesTo { principal: User, resource: Doc, context: {} };
`
const POLICIES = `@id("small") permit (principal, action, resource) when { resource.amount < 10 };
@id("readers") permit (principal, action == Action::"read", resource);
@id("huge") forbid (principal, action, resource) when { resource.amount > 1000 };
`
const folder = policyFolder({ 'schema.cedarschema': SCHEMA, 'a.cedar': POLICIES })
afterAll(folder.remove)
afterEach(() => vi.restoreAllMocks())

const ENGINES = ['lockstep', 'cedar-wasm'] as const
const standing = (epoch: number, ...permissions: string[]): PolicyStanding => ({
  epoch,
  revoked: new Set(permissions.map((permission) => revocableName({ permission }))),
})
const question = (action: string, amount: number): Question => ({
  principal: { type: 'User', id: 'u' },
  action,
  resource: { type: 'Doc', id: 'd', attributes: { amount }, parents: [] },
  context: {},
  facts: { entities: [{ type: 'User', id: 'u', attributes: {}, parents: [] }], revision: '1' },
})
const open = (engine: (typeof ENGINES)[number]) => {
  const point = createDecisionPoint({ folder: folder.path, engine })
  const permits = (action: string, amount: number) => point.decide(question(action, amount)).effect === 'permit'
  const left = (action: string) =>
    point
      .residual({ ...question(action, 1), resource: { type: 'Doc' }, unknownContext: [] })
      .policies.map(({ policyId }) => policyId)
      .sort()
  return { point, permits, left }
}

test.each(ENGINES)(proves('policy:standing:revoked', '%s'), (engine) => {
  const { point, permits, left } = open(engine)
  expect(['small', 'huge', 'write', 'change', 'nothing'].map(point.permission)).toEqual([
    'permit',
    'forbid',
    'action',
    'action',
    undefined,
  ])
  expect([permits('read', 5), permits('read', 50), permits('list', 5)]).toEqual([true, true, true])
  point.stand(standing(1, 'small'))
  expect([permits('read', 5), permits('read', 50), permits('list', 5)]).toEqual([true, true, false])
  expect(left('read')).toEqual(['huge', 'readers'])
  expect(point.permission('small'), 'so that it can be restored').toBe('permit')
  point.stand(standing(2, 'read'))
  expect([permits('read', 5), permits('read', 50), permits('list', 5)]).toEqual([false, false, true])
  expect(point.decide(question('read', 2000)).policies, 'a forbid says so still').toEqual(['huge'])
  point.stand(standing(3, 'change'))
  expect([permits('write', 5), permits('list', 5)]).toEqual([false, true])
  point.stand(standing(4, 'huge', 'nothing'))
  expect([permits('read', 2000), permits('read', 50)]).toEqual([false, true])
  point.stand(standing(5))
  expect([permits('read', 5), permits('list', 5), permits('write', 5)]).toEqual([true, true, true])
})

test.each(ENGINES)(proves('policy:standing:reload', '%s'), (engine) => {
  const { point, permits } = open(engine)
  point.stand(standing(1, 'small'))
  folder.write({ 'a.cedar': `${POLICIES} // saved again\n` })
  expect(point.reload()).toBe(true)
  expect([permits('list', 5), permits('read', 5)]).toEqual([false, true])
  expect(point.reload(), 'nothing changed').toBe(false)
  folder.write({ 'a.cedar': POLICIES })
})

test(proves('policy:standing:version'), () => {
  const [one, two] = [open('lockstep'), open('cedar-wasm')]
  const written = one.point.version
  const seen = [written]
  for (const said of [standing(1, 'small'), standing(2, 'small', 'read'), standing(3), standing(4)]) {
    one.point.stand(said)
    two.point.stand(said)
    expect(one.point.version).toBe(two.point.version)
    expect(one.point.version).toMatch(/^[\w-]{16}$/)
    expect(one.point.decide(question('list', 5)).policyVersion).toBe(one.point.version)
    seen.push(one.point.version)
  }
  expect(new Set(seen).size, 'also once everything is restored').toBe(5)
  one.point.stand(standing(5, 'small'))
  expect(one.left('list')).toEqual(['huge'])
  one.point.stand(standing(6))
  expect(one.left('list')).toEqual(['huge', 'small'])
})

test(proves('policy:standing:fails-closed'), () => {
  const { point, permits, left } = open('cedar-wasm')
  vi.spyOn(cedar, 'createCedarEngine').mockImplementationOnce(() => {
    throw new Error('broken')
  })
  point.stand(standing(1, 'small'))
  expect(point.decide(question('read', 5))).toMatchObject({ effect: 'deny', code: 'policy.evaluation-failed' })
  expect(() => left('read')).toThrow(/policy.evaluation-failed/)
  point.stand(standing(2, 'small'))
  expect([permits('read', 5), permits('list', 5)]).toEqual([true, false])
})
