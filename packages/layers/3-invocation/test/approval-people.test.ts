import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { expense, POLICIES, userFact } from '../../../engines/policy/test/expense-fixture.ts'
import { matchConsents } from '../src/match-consents.ts'
import { possibleNeeds } from '../src/possible-needs.ts'
import { APP, createWorld, idOf, PLANNER, told, type World } from './approval-world.ts'
import { changedApprovals, changedPolicies } from './changed-policies.ts'

const INVALID = { code: 'invocation.approval-invalid', unlock: undefined, detail: undefined }
const RULES = [
  { relation: 'coApproverFor', of: 'dept' },
  { relation: 'manages', of: 'dept' },
]
const ONE = 'context.approval.by.coApproverFor.contains(resource.dept)'
const TWO = 'context.approval.count >= 2'
const EACH = 'context.approval.under.coApproverFor >= 1 && context.approval.under.manages >= 1'

/** The example, whose policy demands consent as `condition` says, and whose schema declares how many there are. */
function worldOf(condition: string, more: Parameters<typeof createWorld>[0] = {}): World {
  const schema = readFileSync(join(POLICIES, 'schema.cedarschema'), 'utf8').replace(
    'approval?: { by: User }',
    'approval?: { by: User, count: Long, under: { coApproverFor: Long, manages: Long } }',
  )
  const files = { ...changedApprovals(ONE, `(${condition})`), 'schema.cedarschema': schema }
  const world = createWorld({ point: changedPolicies(files).point, ...more })
  stand(world, 'bob', { coApproverFor: ['42'] })
  stand(world, 'carol', { coApproverFor: ['42'] })
  stand(world, 'dave', { coApproverFor: ['42'] })
  return world
}

type Relations = { readonly coApproverFor?: readonly string[]; readonly manages?: readonly string[] }
function stand(world: World, person: string, { coApproverFor = [], manages = [] }: Relations) {
  const fact = userFact(`user:${person}`, { roles: [], manages, coApproverFor, approvalLimit: 0 })
  world.people.set(`user:${person}`, { entities: [fact], revision: '2' })
}
const uses = (world: World) => world.written.filter((name) => name === 'use').length
const ask = (world: World, agent?: string) => world.authorize(world.strong('alice', agent), world.call('INV-9001'))

describe(proves('invocation:approval:people'), () => {
  test('two of one relation', async () => {
    const world = worldOf(TWO)
    const id = await world.requested()
    expect(await world.store.get(id)).toMatchObject({ needed: [{ relation: 'coApproverFor', of: 'dept', count: 2 }] })
    expect(await world.approve('bob', id)).toMatchObject({ ok: true, value: { state: 'pending' } })
    expect(idOf(await ask(world)), 'one is not enough').toBe(id)
    expect(await world.approve('carol', id)).toMatchObject({ ok: true, value: { state: 'approved' } })
    expect(told(await world.approve('dave', id)), 'nobody else is needed').toEqual(INVALID)
    const permission = await ask(world)
    if (!permission.ok) throw new Error(permission.denial.code)
    const { approval } = permission.value.call
    expect(approval).toMatchObject({ id, approvers: [{ id: 'user:bob' }, { id: 'user:carol' }] })
    expect((await permission.value.commit()).ok).toBe(true)
    expect(uses(world)).toBe(1)
  })

  test('as many as the amount demands', async () => {
    const world = worldOf(`resource.amount <= 1000000 || ${TWO}`)
    world.rows.set('INV-2', expense({ id: 'INV-2', amount: 1_500_000 }))
    const [one, two] = [await world.requested(), await world.requested(world.call('INV-2'))]
    expect(await world.store.get(one)).toMatchObject({ needed: [{ count: 1 }] })
    expect(await world.store.get(two)).toMatchObject({ needed: [{ count: 2 }] })
    expect(await world.approve('bob', one)).toMatchObject({ value: { state: 'approved' } })
    expect(await world.approve('bob', two)).toMatchObject({ value: { state: 'pending' } })
  })

  test('one of each of two relations', async () => {
    const world = worldOf(EACH, { approvals: { approvers: RULES } })
    stand(world, 'carol', { manages: ['42'] })
    stand(world, 'dave', { coApproverFor: ['42'], manages: ['42'] })
    const id = await world.requested()
    const needed = RULES.map((rule) => ({ ...rule, count: 1 }))
    expect(await world.store.get(id)).toMatchObject({ needed })
    expect(await world.approve('dave', id), 'who stands in both').toMatchObject({ value: { state: 'pending' } })
    expect((await ask(world)).ok, 'is one of them').toBe(false)
    expect(await world.approve('bob', id), 'so either completes it').toMatchObject({ value: { state: 'approved' } })
    expect((await ask(world)).ok).toBe(true)

    const other = await world.requested(world.call('INV-9001', { urgent: true }))
    await world.approve('bob', other)
    stand(world, 'dave', { coApproverFor: ['42'] })
    const again = await world.approve('dave', other)
    expect(told(again), 'a second of the same relation').toMatchObject({ code: 'invocation.approval-refused' })
    expect(await world.approve('carol', other)).toMatchObject({ value: { state: 'approved' } })
  })

  test('whoever is `by`, the policy must accept', async () => {
    const world = worldOf(`${TWO} && context.approval.by != User::"user:carol"`)
    const id = await world.requested()
    await world.approve('bob', id)
    expect(told(await world.approve('carol', id))).toMatchObject({ code: 'invocation.approval-refused' })
    const by = { issuer: 'https://issuer.example', actor: APP, at: world.now(), relations: ['coApproverFor'] }
    await world.store.consent(id, 1, { ...by, subject: 'user:carol' }, true)
    expect(told(await ask(world)), 'also when it is used').toMatchObject({ code: 'invocation.approval-refused' })
    expect(uses(world)).toBe(0)
  })

  test('more than can be demanded is not demanded', async () => {
    const world = worldOf('context.approval.count >= 5')
    expect(told(await ask(world))).toEqual({ code: 'invocation.denied', unlock: undefined, detail: undefined })
    expect(world.written).toEqual([])
  })

  test('a need that changed is another request', async () => {
    const world = worldOf(`context.proof == "mtls" || ${TWO}`)
    const one = idOf(await world.authorize(world.as('alice', { acr: ACRS, proof: 'mtls' }), world.call('INV-9001')))
    expect(await world.approve('bob', one)).toMatchObject({ value: { state: 'approved' } })
    const two = idOf(await ask(world))
    expect(two).not.toBe(one)
    expect(await world.store.get(one)).toMatchObject({ state: 'withdrawn' })
    expect(await world.store.get(two)).toMatchObject({ state: 'pending', needed: [{ count: 2 }] })
    expect(uses(world)).toBe(0)
  })
})

const ACRS = ['urn:expense:acr:pwd', 'urn:expense:acr:mfa']

describe(proves('invocation:approval:counted-once'), () => {
  test.each([
    ['again', {}],
    ['through another actor', { agent: 'spiffe://expense.example/apps/mobile' }],
  ])('%s', async (_name, over) => {
    const world = worldOf(TWO)
    const id = await world.requested()
    await world.approve('bob', id)
    expect(told(await world.approve('bob', id, over))).toEqual(INVALID)
    expect(await world.store.get(id)).toMatchObject({ state: 'pending', consents: [{ subject: 'user:bob' }] })
    expect(idOf(await ask(world))).toBe(id)
  })

  test('at another issuer, whom the policy cannot tell apart', async () => {
    const world = worldOf(TWO)
    const id = await world.requested()
    await world.approve('bob', id)
    const bob = world.strong('bob', APP)
    const twin = world.seal.seal({ ...bob, subject: { issuer: 'https://other.example', id: 'user:bob' } })
    expect(told(await world.approvals!.approve(twin, world.people.get('user:bob')!, id))).toEqual(INVALID)
    // Nor where a store holds both.
    const consent = { subject: 'user:bob', actor: APP, at: world.now(), relations: ['coApproverFor'] }
    await world.store.consent(id, 1, { ...consent, issuer: 'https://other.example' }, true)
    expect(told(await ask(world))).toMatchObject({ code: 'invocation.approval-refused' })
    expect(uses(world)).toBe(0)
  })

  test('of fifty consents at once exactly as many as are needed', async () => {
    const world = worldOf('context.approval.count >= 3')
    for (const name of ['erin', 'fay']) stand(world, name, { coApproverFor: ['42'] })
    const id = await world.requested()
    const people = ['bob', 'carol', 'dave', 'erin', 'fay'] as const
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.approve((people[index % 5] ?? 'bob') as 'bob', id)),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(3)
    const kept = await world.store.get(id)
    expect(kept?.state).toBe('approved')
    expect(new Set(kept?.consents.map(({ subject }) => subject)).size).toBe(3)
    for (const outcome of outcomes) if (!outcome.ok) expect(told(outcome)).toEqual(INVALID)
  })

  test('a matching is as large as can be', () => {
    const needed = [
      { relation: 'a', of: 'x', count: 1 },
      { relation: 'b', of: 'x', count: 2 },
    ]
    expect(matchConsents(needed, [['a', 'b'], ['a'], ['b']])).toBe(3)
    expect(matchConsents(needed, [['a'], ['a'], ['a', 'b']])).toBe(2)
    expect(matchConsents(needed, [['b'], ['b'], ['b']])).toBe(2)
    expect(matchConsents(needed, [[], ['c']])).toBe(0)
    expect(possibleNeeds(RULES, undefined)).toEqual(RULES.map((rule) => [{ ...rule, count: 1 }]))
  })
})

describe(proves('invocation:approval:duties'), () => {
  const INNER = 'spiffe://expense.example/agents/inner'
  const delegated = (world: World) => {
    const alice = world.strong('alice')
    return world.seal.seal({ ...alice, actor: { ...alice.actor, chain: [INNER] } })
  }

  test('nobody of the requester’s chain consents', async () => {
    const world = worldOf(ONE)
    const id = idOf(await world.authorize(delegated(world), world.call('INV-9001')))
    const self = { code: 'invocation.approval-self' }
    expect(told(await world.approve('bob', id, { agent: INNER }))).toMatchObject(self)
    const bob = world.strong('bob', APP)
    for (const one of [
      { ...bob, subject: { ...bob.subject, id: INNER } },
      { ...bob, actor: { ...bob.actor, chain: ['spiffe://x', INNER] } },
    ]) {
      expect(
        told(await world.approvals!.approve(world.seal.seal(one), { entities: [], revision: '' }, id)),
      ).toMatchObject(self)
    }
    expect((await world.approve('bob', id)).ok).toBe(true)
  })

  test('nor does a consent count that came through a chain which asks now', async () => {
    const world = worldOf(ONE)
    const id = await world.requested()
    expect((await world.approve('bob', id, { agent: INNER })).ok, 'nobody of the chain then').toBe(true)
    const outcome = await world.authorize(delegated(world), world.call('INV-9001'))
    expect(told(outcome)).toMatchObject({ code: 'invocation.approval-refused' })
    expect((await ask(world)).ok).toBe(true)
  })
})

describe(proves('invocation:approval:afresh', 'of several'), () => {
  const approved = async (world: World) => {
    const id = await world.requested()
    await world.approve('bob', id)
    await world.approve('carol', id)
    return id
  }

  test(proves('attacks:approvals', 'T206'), async () => {
    const world = worldOf(TWO)
    const id = await approved(world)
    stand(world, 'carol', {})
    expect(told(await ask(world)), 'one of them lost the relation').toMatchObject({
      code: 'invocation.approval-refused',
    })
    expect(uses(world)).toBe(0)
    stand(world, 'carol', { coApproverFor: ['42'] })
    expect(await ask(world)).toMatchObject({ ok: true, value: { call: { approval: { id } } } })
  })

  test.each([
    ['one of them', { subject: { issuer: 'https://issuer.example', id: 'user:carol' } }],
    ['the application that one of them used', { actor: APP }],
  ])('%s was revoked since', async (_name, revoked) => {
    const names: string[] = []
    const world = worldOf(TWO, {
      approvals: { isRevoked: async (standing) => standing.some(({ name }) => names.includes(name)) },
    })
    const id = await approved(world)
    const { revocableName } = await import('@lockstep/core')
    names.push(revocableName(revoked))
    expect(idOf(await ask(world)), 'others can be asked').not.toBe(id)
    expect(await world.store.get(id)).toMatchObject({ state: 'withdrawn' })
    expect(uses(world)).toBe(0)
    expect(PLANNER).not.toBe(APP)
  })
})
