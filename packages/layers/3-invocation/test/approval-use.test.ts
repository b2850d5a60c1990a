import type { ApprovalStore, Denial } from '@lockstep/core'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { expense, factsOf } from '../../../engines/policy/test/expense-fixture.ts'
import { createWorld, idOf, told, type World } from './approval-world.ts'
import { changedApprovals, changedPolicies } from './changed-policies.ts'

const OTHER_AGENT = 'spiffe://expense.example/agents/planner-43'
/** So that agents differ only in who they are. */
const ALL_AGENTS = '@id("all") permit (principal is Agent, action == Action::"approveExpense", resource);'

async function approved(world: World): Promise<string> {
  const id = await world.requested()
  expect((await world.approve('bob', id)).ok).toBe(true)
  return id
}

async function permitted(world: World) {
  const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
  if (!outcome.ok) throw new Error(outcome.denial.code)
  return outcome.value
}

const uses = (world: World) => world.written.filter((name) => name === 'use').length

describe(proves('invocation:approval:afresh'), () => {
  test.each([
    ['none', []],
    ['another', ['7']],
  ])('the relation is now %s', async (_name, coApproverFor) => {
    const world = createWorld()
    const id = await approved(world)
    world.relate('bob', coApproverFor)
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toEqual({ code: 'invocation.approval-refused', unlock: undefined, detail: undefined })
    expect(uses(world)).toBe(0)
    world.relate('bob', ['42'])
    expect((await permitted(world)).call.approval?.id).toBe(id)
  })

  test('the relation is demanded even where the policy takes anybody', async () => {
    const anybody = changedApprovals('context.approval.by.coApproverFor.contains(resource.dept) &&', '')
    const world = createWorld({ point: changedPolicies(anybody).point })
    const id = await world.requested()
    expect(told(await world.approve('carol', id))).toMatchObject({ code: 'invocation.approval-invalid' })
    expect((await world.approve('bob', id)).ok).toBe(true)
    world.relate('bob', [])
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-refused' })
  })

  test('consent that the store attributes to whoever asked', async () => {
    const anybody = changedApprovals('&&\n  context.approval.by != principal', '')
    const world = createWorld({ point: changedPolicies(anybody).point })
    const id = await world.requested()
    const alice = world.people.get('user:alice')!
    const entities = alice.entities.map((fact) => ({
      ...fact,
      attributes: { ...fact.attributes, coApproverFor: fact.attributes.manages! },
    }))
    world.people.set('user:alice', { ...alice, entities })
    await world.recordConsent(id, 'user:alice')
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-refused' })
  })

  test('the policy changes while the approver is looked up', async () => {
    const { point, write } = changedPolicies({})
    const world = createWorld({
      point,
      approvals: {
        factsOf: async ({ id }) => {
          write({ 'more.cedar': '@id("more") permit (principal, action == Action::"getExpense", resource);' })
          point.reload()
          return factsOf(id === 'user:bob' ? 'bob' : 'alice')
        },
      },
    })
    const id = await world.requested()
    await world.recordConsent(id, 'user:bob')
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'policy.evaluation-failed' })
    expect(uses(world)).toBe(0)
  })

  test('the approver is not known any more', async () => {
    const world = createWorld()
    await approved(world)
    world.people.delete('user:bob')
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-refused' })
    expect(uses(world)).toBe(0)
  })

  test('the caller lost the relation, or the sign-in', async () => {
    const world = createWorld()
    await approved(world)
    const weak = await world.authorize(world.as('alice'), world.call('INV-9001'))
    expect(told(weak)).toMatchObject({ code: 'invocation.denied', unlock: { acr: expect.any(String) } })
    world.relate('alice', [])
    const lost = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(lost)).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
    expect(uses(world)).toBe(0)
  })
})

describe(proves('invocation:approval:binding'), () => {
  test('the amount changed', async () => {
    const world = createWorld()
    const id = await approved(world)
    world.rows.set('INV-9001', expense({ id: 'INV-9001', amount: 620_001 }))
    expect(await world.requested()).not.toBe(id)
    expect(uses(world)).toBe(0)
    world.rows.set('INV-9001', expense({ id: 'INV-9001', amount: 620_000 }))
    expect((await permitted(world)).call.approval?.id).toBe(id)
  })

  test('another invoice of the same amount, other arguments', async () => {
    const world = createWorld()
    const id = await approved(world)
    world.rows.set('INV-9002', expense({ id: 'INV-9002', amount: 620_000 }))
    const others = [world.call('INV-9002'), world.call('INV-9001', { urgent: true })]
    for (const other of others) expect(await world.requested(other)).not.toBe(id)
    expect(uses(world)).toBe(0)
  })

  test('another subject, another issuer, another actor', async () => {
    const world = createWorld({ point: changedPolicies({ 'all.cedar': ALL_AGENTS }).point })
    const id = await approved(world)
    const alice = world.strong('alice')
    world.people.set('user:dave', {
      entities: world.people.get('user:alice')!.entities.map((fact) => ({ ...fact, id: 'user:dave' })),
      revision: '1',
    })
    for (const other of [
      world.strong('dave'),
      world.seal.seal({ ...alice, subject: { ...alice.subject, issuer: 'https://other.example' } }),
      world.strong('alice', OTHER_AGENT),
    ]) {
      expect(idOf(await world.authorize(other, world.call('INV-9001')))).not.toBe(id)
    }
    expect(uses(world)).toBe(0)
  })

  test('the policy changed', async () => {
    const { point, write } = changedPolicies({})
    const world = createWorld({ point })
    const id = await approved(world)
    const waiting = await world.requested(world.call('INV-9001', { urgent: true }))
    write({ 'more.cedar': '@id("more") permit (principal, action == Action::"getExpense", resource);' })
    expect(point.reload()).toBe(true)
    expect(await world.requested()).not.toBe(id)
    expect(told(await world.approve('bob', waiting))).toMatchObject({ code: 'invocation.approval-invalid' })
    expect(uses(world)).toBe(0)
  })
})

test(proves('invocation:approval:once'), async () => {
  const world = createWorld()
  await approved(world)
  const permissions = await Promise.all(Array.from({ length: 50 }, () => permitted(world)))
  const outcomes = await Promise.all(permissions.map((permission) => permission.commit()))
  const open = permissions.filter(({ call }) => world.lifecycle.isOpen(call))
  expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
  expect(open).toHaveLength(1)
  for (const outcome of outcomes) {
    if (!outcome.ok) expect(told(outcome)).toMatchObject({ code: 'invocation.approval-invalid' })
  }
})

describe(proves('invocation:authorize:commit'), () => {
  test('in order, the approval last', async () => {
    const world = createWorld()
    await approved(world)
    const order: string[] = []
    const note = (name: string) => async () => void order.push(`${name}:${uses(world)}`)
    const permission = await permitted(world)
    expect((await permission.commit([note('first'), note('second')])).ok).toBe(true)
    expect(order).toEqual(['first:0', 'second:0'])
    expect(uses(world)).toBe(1)
  })

  test('a denial on the way leaves the rest unused', async () => {
    const world = createWorld()
    const id = await approved(world)
    const denial: Denial = { code: 'invocation.denied' }
    const reached: string[] = []
    const permission = await permitted(world)
    const outcome = await permission.commit([async () => denial, async () => void reached.push('second')])
    expect(outcome).toEqual({ ok: false, denial })
    expect(reached).toEqual([])
    expect(world.lifecycle.isOpen(permission.call)).toBe(false)
    expect(await world.store.get(id)).toMatchObject({ state: 'approved' })
    expect((await (await permitted(world)).commit()).ok).toBe(true)
  })

  test('only once, and only in time', async () => {
    const world = createWorld()
    await approved(world)
    const [one, late] = [await permitted(world), await permitted(world)]
    await one.commit()
    expect(told(await one.commit())).toMatchObject({ code: 'invocation.call-closed' })
    world.pass(30_000)
    const reached: string[] = []
    const outcome = await late.commit([async () => void reached.push('token')])
    expect(told(outcome)).toMatchObject({ code: 'invocation.call-closed' })
    expect(reached).toEqual([])
    expect(uses(world)).toBe(1)
  })

  test('a permission that nobody commits uses nothing and opens nothing', async () => {
    const world = createWorld()
    const id = await approved(world)
    const { call } = await permitted(world)
    expect(world.lifecycle.isOpen(call)).toBe(false)
    expect(await world.store.get(id)).toMatchObject({ state: 'approved' })
  })
})

describe(proves('invocation:approval:fails-closed'), () => {
  const broken = () => Promise.reject(new Error('connection refused: secret'))
  const down = (method: keyof ApprovalStore, when: { now: boolean }) => (real: ApprovalStore) => ({
    ...real,
    [method]: (...given: never[]) => (when.now ? broken() : (real[method] as (...all: never[]) => unknown)(...given)),
  })
  const UNAVAILABLE = { code: 'state.unavailable', unlock: undefined, detail: undefined }

  test.each(['request', 'standing'] as const)('no call while %s fails', async (method) => {
    const when = { now: true }
    const world = createWorld({ store: down(method, when) })
    expect(told(await world.authorize(world.strong('alice'), world.call('INV-9001')))).toEqual(UNAVAILABLE)
    when.now = false
    await world.requested()
  })

  test.each(['get', 'consent'] as const)('no consent while %s fails', async (method) => {
    const when = { now: true }
    const world = createWorld({ store: down(method, when) })
    const id = await world.requested()
    expect(told(await world.approve('bob', id))).toEqual(UNAVAILABLE)
    when.now = false
    expect(idOf(await world.authorize(world.strong('alice'), world.call('INV-9001')))).toBe(id)
  })

  test('no use while use fails', async () => {
    const when = { now: true }
    const world = createWorld({ store: down('use', when) })
    const id = await approved(world)
    const permission = await permitted(world)
    expect(told(await permission.commit())).toEqual(UNAVAILABLE)
    expect(world.lifecycle.isOpen(permission.call)).toBe(false)
    expect(await world.store.get(id)).toMatchObject({ state: 'approved' })
  })

  test('a store that answers with something else than true', async () => {
    const world = createWorld({ store: (real) => ({ ...real, use: async () => Object(false) }) })
    await approved(world)
    const permission = await permitted(world)
    expect(told(await permission.commit())).toMatchObject({ code: 'invocation.approval-invalid' })
    expect(world.lifecycle.isOpen(permission.call)).toBe(false)
  })

  test('a consumer that breaks', async () => {
    const world = createWorld()
    const id = await approved(world)
    expect(told(await (await permitted(world)).commit([broken]))).toEqual(UNAVAILABLE)
    expect(await world.store.get(id)).toMatchObject({ state: 'approved' })
  })

  test('relationships that cannot be read', async () => {
    const world = createWorld({ approvals: { factsOf: broken } })
    const id = await world.requested()
    expect(told(await world.approve('bob', id))).toMatchObject({ code: 'policy.facts-unavailable' })
    await world.recordConsent(id, 'user:bob')
    const outcome = await world.authorize(world.strong('alice'), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'policy.facts-unavailable' })
    expect(uses(world)).toBe(0)
  })
})
