import type { EntityFact } from '@lockstep/core'
import { createApprovals } from '@lockstep/invocation'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { expense, userFact } from '../../../engines/policy/test/expense-fixture.ts'
import { uniteFacts } from '../src/unite-facts.ts'
import { APP, createWorld, idOf, MINUTE, PLANNER, told } from './approval-world.ts'
import { changedApprovals, changedPolicies } from './changed-policies.ts'

const INVALID = { code: 'invocation.approval-invalid', unlock: undefined, detail: undefined }

test(proves('invocation:approval:request'), async () => {
  const world = createWorld()
  const id = await world.requested()
  expect(await world.requested()).toBe(id)
  const others = [
    await world.requested(world.call('INV-9001', { note: 'soon' })),
    idOf(await world.authorize(world.strong('alice'), { ...world.call('INV-9001'), argumentsDigest: 'other' })),
  ]
  expect(new Set([id, ...others]).size).toBe(3)
  expect(await world.store.get(id)).toEqual({
    id,
    binding: expect.stringMatching(/^[\w-]{43}\.[\w-]{43}$/),
    issuer: 'https://issuer.example',
    subject: 'user:alice',
    actor: PLANNER,
    tool: 'approveExpense',
    resource: { type: 'Expense', id: 'INV-9001' },
    requestedAt: world.now(),
    expiresAt: world.now() + 10 * MINUTE,
    chain: [],
    needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }],
    asked: [expect.stringMatching(/^[\w-]{43}$/)],
    shown: [],
    consents: [],
    state: 'pending',
  })
})

test(proves('invocation:approval:given'), async () => {
  const world = createWorld()
  const id = await world.requested()
  const by = { issuer: 'https://issuer.example', subject: 'user:bob', actor: APP, at: world.now() }
  expect(await world.approve('bob', id)).toMatchObject({ ok: true, value: { id, state: 'approved', consents: [by] } })

  const permission = await world.authorize(world.strong('alice'), world.call('INV-9001'))
  if (!permission.ok) throw new Error(permission.denial.code)
  expect(permission.value.call).toMatchObject({
    approval: { id, approvers: [{ issuer: by.issuer, id: by.subject }] },
    decision: { policies: ['manager-approves-with-second-person', 'planner-acts'] },
  })
  expect(world.lifecycle.isOpen(permission.value.call)).toBe(false)
  expect((await permission.value.commit()).ok).toBe(true)
  expect(world.lifecycle.isOpen(permission.value.call)).toBe(true)
  expect(world.written).toEqual(['request', 'approve', 'use'])

  const again = await world.requested()
  expect(again).not.toBe(id)
})

test(proves('invocation:approval:given', 'it is not used up by a call that needs none'), async () => {
  const world = createWorld()
  await world.approve('bob', await world.requested())
  const small = await world.authorize(world.strong('alice'), world.call('INV-8831'))
  expect(small).toMatchObject({ ok: true })
  if (small.ok) await small.value.commit()
  expect(small.ok && small.value.call.approval).toBeUndefined()
  expect(world.written).toEqual(['request', 'approve'])
})

describe(proves('invocation:approval:self'), () => {
  test.each([
    ['oneself', 'alice', APP],
    ['somebody else, through the agent that asked', 'bob', PLANNER],
    ['somebody else, through the requester', 'bob', 'user:alice'],
  ] as const)('%s', async (_name, person, agent) => {
    const world = createWorld()
    const id = await world.requested()
    expect(told(await world.approve(person, id, { agent }))).toMatchObject({ code: 'invocation.approval-self' })
    expect(world.written).toEqual(['request'])
    expect(await world.store.get(id)).toMatchObject({ state: 'pending' })
  })

  test('the same subject at another issuer, whom the policy cannot tell apart', async () => {
    const world = createWorld()
    const id = await world.requested()
    const twin = world.seal.seal({
      ...world.strong('alice', APP),
      subject: { issuer: 'https://other.example', id: 'user:alice' },
    })
    const outcome = await world.approvals!.approve(twin, { entities: [], revision: '' }, id)
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-self' })
  })

  test('the agent that asked, as a subject or deep in a chain', async () => {
    const world = createWorld()
    const id = await world.requested()
    const bob = world.strong('bob', APP)
    for (const approver of [
      { ...bob, subject: { ...bob.subject, id: PLANNER } },
      { ...bob, actor: { ...bob.actor, chain: ['spiffe://x', PLANNER] } },
    ]) {
      const outcome = await world.approvals!.approve(world.seal.seal(approver), { entities: [], revision: '' }, id)
      expect(told(outcome)).toMatchObject({ code: 'invocation.approval-self' })
    }
    expect(world.written).toEqual(['request'])
  })
})

describe(proves('invocation:approval:refused'), () => {
  test.each(['carol', 'dave'] as const)('%s', async (person) => {
    const world = createWorld()
    const id = await world.requested()
    expect(told(await world.approve(person, id)), 'as if there were no such request').toEqual(INVALID)
    expect(world.written).toEqual(['request'])
    expect((await world.approve('bob', id)).ok).toBe(true)
  })

  test('the relation to another department', async () => {
    const world = createWorld()
    const id = await world.requested()
    world.relate('bob', ['7'])
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(world.written).toEqual(['request'])
  })

  test('what the policy asks beyond the relation', async () => {
    const notBob = changedApprovals('context.approval.by != principal', 'context.approval.by != User::"user:bob"')
    const world = createWorld({ point: changedPolicies(notBob).point })
    const id = await world.requested()
    expect(told(await world.approve('bob', id))).toMatchObject({ code: 'invocation.approval-refused' })
    expect(world.written).toEqual(['request'])
    await world.recordConsent(id, 'user:bob')
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-refused' })
    expect(world.written).not.toContain('use')
  })

  test('whoever asked may not have it any more', async () => {
    const world = createWorld()
    const id = await world.requested()
    world.relate('alice', [])
    expect(told(await world.approve('bob', id))).toMatchObject({ code: 'invocation.approval-refused' })
    expect(world.written).toEqual(['request'])
  })
})

describe(proves('invocation:approval:given', 'whatever else is known of either'), () => {
  const bare = (type: string, id: string): EntityFact => ({ type, id, attributes: {}, parents: [] })

  const decide = async (own: readonly EntityFact[], theirs: readonly EntityFact[]) => {
    const world = createWorld()
    const add = (subject: string, more: readonly EntityFact[]) => {
      const { entities, revision } = world.people.get(subject)!
      world.people.set(subject, { entities: [...entities, ...more], revision })
    }
    const id = await world.requested()
    await world.recordConsent(id, 'user:bob')
    add('user:alice', own)
    add('user:bob', theirs)
    return told(await world.authorize(world.strong('alice'), world.call('INV-9001')))
  }

  test('the same entities on both sides', async () => {
    const departments = [bare('Department', '42'), bare('Department', '7')]
    expect(await decide(departments, departments)).toBe('permitted')
  })

  test('an entity that one only names yields to what the other knows', () => {
    const [role, senior] = [bare('Role', 'finance'), { ...bare('Role', 'finance'), parents: [bare('Role', 'senior')] }]
    const facts = (...entities: EntityFact[]) => ({ entities, revision: String(entities.length) })
    expect(uniteFacts(facts(role), facts(senior)).entities).toEqual([senior])
    expect(uniteFacts(facts(senior), facts(role)).entities).toEqual([senior])
    expect(uniteFacts(facts(role), facts(role)).entities).toEqual([role])
    const revisions = [uniteFacts(facts(role), facts()), uniteFacts(facts(), facts(role))].map((one) => one.revision)
    expect(new Set(revisions).size).toBe(2)
  })

  test('two that contradict each other decide nothing', async () => {
    const limit = (approvalLimit: number) =>
      userFact('user:erin', { roles: [], manages: [], coApproverFor: [], approvalLimit })
    expect(await decide([limit(1)], [limit(1)])).toBe('permitted')
    expect(await decide([limit(1)], [limit(2)])).toMatchObject({ code: 'policy.evaluation-failed' })
  })
})

describe(proves('invocation:approval:invalid'), () => {
  test.each([
    ['unknown', 'A'.repeat(32)],
    ['empty', ''],
    ['too long', 'A'.repeat(5000)],
    ['of another alphabet', `${'A'.repeat(31)}\u0000`],
  ])('an id that is %s', async (_name, id) => {
    const world = createWorld()
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(world.written).toEqual([])
  })

  test('answered already, used already', async () => {
    const world = createWorld()
    const id = await world.requested()
    await world.approve('bob', id)
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    await world.store.use(id)
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(world.written).toEqual(['request', 'approve', 'use'])
  })

  test('the amount changed after the request', async () => {
    const world = createWorld()
    const id = await world.requested()
    world.rows.set('INV-9001', expense({ id: 'INV-9001', amount: 620_001 }))
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    world.rows.delete('INV-9001')
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(world.written).toEqual(['request'])
  })

  test('of fifty who consent at once, one does', async () => {
    const world = createWorld()
    const id = await world.requested()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.approve('bob', id)))
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
    for (const outcome of outcomes) if (!outcome.ok) expect(told(outcome)).toEqual(INVALID)
  })
})

test(proves('invocation:approval:expires'), async () => {
  const world = createWorld()
  const id = await world.requested()
  world.pass(10 * MINUTE - 1)
  expect(await world.requested()).toBe(id)
  world.pass(1)
  expect(told(await world.approve('bob', id))).toEqual(INVALID)
  const next = await world.requested()
  expect(next).not.toBe(id)
  await world.approve('bob', next)
  world.pass(10 * MINUTE)
  expect(await world.requested()).not.toBe(next)
  expect(world.written.filter((name) => name === 'use')).toEqual([])
})

test(proves('invocation:approval:expires', 'between decision and use'), async () => {
  const world = createWorld({ invocation: { callLifetime: 20 * MINUTE } })
  await world.approve('bob', await world.requested())
  const permission = await world.authorize(world.strong('alice'), world.call('INV-9001'))
  if (!permission.ok) throw new Error(permission.denial.code)
  world.pass(10 * MINUTE)
  expect(told(await permission.value.commit())).toEqual(INVALID)
  expect(world.lifecycle.isOpen(permission.value.call)).toBe(false)
})

test(proves('invocation:authorize:options', 'approvals'), () => {
  const world = createWorld()
  const make = (over: object) => () =>
    createApprovals({
      store: world.store,
      approvers: [{ relation: 'coApproverFor', of: 'dept' }],
      factsOf: async () => ({ entities: [], revision: '' }),
      point: { version: '', contextOf: () => ({ members: new Set() }), blankEntity: () => undefined, decide, residual },
      tools: {},
      resources: world.resources,
      isRevoked: async () => false,
      isCaller: world.seal.isSealed,
      clock: world.now,
      ...over,
    })
  expect(make({})).not.toThrow()
  for (const over of [
    { lifetimes: 1 },
    { lifetime: 0 },
    { lifetime: 1.5 },
    { approvers: [{ relation: '', of: 'dept' }] },
    { approvers: [] },
    { approvers: ['a', 'b', 'c', 'd'].map((relation) => ({ relation, of: 'dept' })) },
    { approvers: ['a', 'a'].map((relation) => ({ relation, of: 'dept' })) },
    { waiting: { caller: 0 } },
    { waiting: { asked: 1.5 } },
    { approvers: [{ relation: 'a', of: 'b', and: 'c' }] },
  ]) {
    expect(make(over)).toThrow(TypeError)
  }
})

const decide = () => {
  throw new Error('never asked')
}
const residual = decide

test(proves('invocation:authorize:options', 'a caller that the gateway did not make'), async () => {
  const world = createWorld()
  const forged = { ...world.strong('bob', APP) }
  await expect(world.approvals!.approve(forged, { entities: [], revision: '' }, '')).rejects.toThrow(TypeError)
  await expect(world.authorize(forged, world.call('INV-8831'))).rejects.toThrow(TypeError)
})
