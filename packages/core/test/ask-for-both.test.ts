import {
  type Caller,
  callContext,
  type Decision,
  type DecisionPoint,
  decideForBoth,
  FALSE,
  type Obligation,
  residualForBoth,
  TRUE,
} from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const caller: Caller = {
  subject: { issuer: 'https://issuer.example', id: 'user:alice' },
  actor: { id: 'spiffe://x/agent', basis: 'proved', chain: ['spiffe://x/inner'] },
  proof: { kind: 'mtls' },
  assurance: { acr: 'b', satisfied: ['a', 'b'] },
  scopes: [],
  token: { id: 't', issuedAt: 0, expiresAt: 1 },
  trace: '0'.repeat(32),
}
const question = {
  action: 'read',
  resource: { type: 'Doc', id: 'd', attributes: {}, parents: [] },
  context: {},
  facts: { entities: [], revision: '1' },
}

interface Answer {
  readonly effect: Decision['effect']
  readonly code?: 'invocation.denied'
  readonly obligations?: readonly Obligation[]
  readonly version?: string
}

/** A decision point written as a table: what it answers to each principal type. */
function tableOf(answers: Record<'User' | 'Agent', Answer>) {
  const asked: string[] = []
  const answerTo = (type: string) => answers[type === 'User' ? 'User' : 'Agent']
  const point: DecisionPoint = {
    version: '1',
    contextOf: () => ({ members: new Set() }),
    blankEntity: () => undefined,
    decide({ principal }) {
      asked.push(`${principal.type}::${principal.id}`)
      const { version = '1', ...answer } = answerTo(principal.type)
      return {
        policies: [principal.type],
        obligations: [],
        refused: 'subject',
        policyVersion: version,
        ...answer,
      } as Decision
    },
    residual({ principal }) {
      asked.push(`${principal.type}::${principal.id}`)
      const { effect, version = '1' } = answerTo(principal.type)
      const policies = [{ policyId: principal.type, effect: 'permit' as const, when: TRUE }]
      return { policies: effect === 'permit' ? policies : [], policyVersion: version }
    },
  }
  return { point, asked }
}

const permit = { effect: 'permit' } as const
const deny = { effect: 'deny', code: 'invocation.denied' } as const

test(proves('policy:context:call'), () => {
  expect(callContext(caller, 'approve')).toEqual({
    intent: 'approve',
    actor: { entity: { type: 'Agent', id: 'spiffe://x/agent' } },
    proof: 'mtls',
    acr: { set: ['a', 'b'] },
  })
  expect(callContext(caller, 'approve', { labels: ['x'], approval: { by: { type: 'User', id: 'b' } } })).toMatchObject({
    labels: { set: ['x'] },
    approval: { record: { by: { entity: { type: 'User', id: 'b' } } } },
  })
})

test(proves('policy:both:narrower'), () => {
  const both = tableOf({ User: permit, Agent: permit })
  expect(decideForBoth(both.point, caller, question)).toMatchObject({ effect: 'permit', policies: ['User', 'Agent'] })
  expect(both.asked).toEqual(['User::user:alice', 'Agent::spiffe://x/agent'])

  const actor = tableOf({ User: permit, Agent: deny })
  expect(decideForBoth(actor.point, caller, question)).toMatchObject({ effect: 'deny', refused: 'actor' })

  const subject = tableOf({ User: deny, Agent: permit })
  expect(decideForBoth(subject.point, caller, question)).toMatchObject({ effect: 'deny', refused: 'subject' })
  expect(subject.asked).toEqual(['User::user:alice'])
})

test(proves('policy:both:narrower', 'open'), () => {
  const open = { ...question, unknownContext: [] }
  const conditionOf = (User: typeof permit | typeof deny, Agent: typeof permit | typeof deny) =>
    residualForBoth(tableOf({ User, Agent }).point, caller, open).condition
  expect(conditionOf(permit, permit)).toEqual(TRUE)
  expect(conditionOf(permit, deny)).toEqual(FALSE)
  expect(conditionOf(deny, permit)).toEqual(FALSE)
})

test(proves('policy:both:obligations'), () => {
  const limit: Obligation = { name: 'limit', value: '10', policyId: 'a' }
  const notify: Obligation = { name: 'notify', value: 'x', policyId: 'b' }
  const { point } = tableOf({
    User: { ...permit, obligations: [limit] },
    Agent: { ...permit, obligations: [notify, { ...limit }] },
  })
  expect(decideForBoth(point, caller, question)).toMatchObject({ obligations: [limit, notify] })
})

test(proves('policy:both:version'), () => {
  const { point } = tableOf({ User: permit, Agent: { ...permit, version: '2' } })
  expect(decideForBoth(point, caller, question)).toMatchObject({ effect: 'deny', code: 'policy.evaluation-failed' })
  expect(residualForBoth(point, caller, { ...question, unknownContext: [] }).condition).toEqual(FALSE)
})

test(proves('policy:both:any-actor'), () => {
  const { point, asked } = tableOf({ User: permit, Agent: { effect: 'deny', code: 'invocation.denied' } })
  const any: DecisionPoint = { ...point, actors: 'any' }
  expect(decideForBoth(any, caller, question)).toMatchObject({
    effect: 'permit',
    policies: ['User'],
    actor: 'not-asked',
  })
  expect(residualForBoth(any, caller, { ...question, unknownContext: [] })).toEqual({
    condition: TRUE,
    policies: ['User'],
    policyVersion: '1',
    actor: 'not-asked',
  })
  expect(asked).toEqual(['User::user:alice', 'User::user:alice'])
  const refused: DecisionPoint = {
    ...tableOf({ User: { effect: 'deny', code: 'invocation.denied' }, Agent: permit }).point,
    actors: 'any',
  }
  expect(decideForBoth(refused, caller, question)).toMatchObject({ effect: 'deny', refused: 'subject' })
  // Otherwise the actor is asked, and nothing claims that it was not.
  expect(decideForBoth(point, caller, question)).toMatchObject({ effect: 'deny', refused: 'actor' })
})
