import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { expense } from '../../../engines/policy/test/expense-fixture.ts'
import { showMembers, shown } from '../src/show-members.ts'
import { APP, createWorld, idOf, MINUTE, PLANNER, told, type World } from './approval-world.ts'

const INVALID = { code: 'invocation.approval-invalid', unlock: undefined, detail: undefined }
const OTHER_AGENT = 'spiffe://expense.example/agents/planner-43'
const ask = (world: World, asked = world.call('INV-9001')) => world.authorize(world.strong('alice'), asked)
const NOBODY = 'A'.repeat(32)

describe(proves('invocation:approval:denied'), () => {
  test('it stays for its life', async () => {
    const world = createWorld()
    const id = await world.requested()
    world.pass(9 * MINUTE)
    expect(await world.deny('bob', id)).toMatchObject({ ok: true, value: { id, state: 'denied' } })
    const denied = { code: 'invocation.approval-denied', unlock: { approval: { id } }, detail: undefined }
    world.pass(10 * MINUTE - 1)
    for (let times = 0; times < 3; times += 1) expect(told(await ask(world))).toEqual(denied)
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(world.written, 'nothing else is asked').toEqual(['request', 'deny'])
    expect(told(await world.withdraw('alice', id, PLANNER))).toEqual(INVALID)
    expect(await world.requested(world.call('INV-9001', { urgent: true })), 'other arguments').not.toBe(id)
    world.pass(1)
    expect(await world.requested(), 'from when it was denied on').not.toBe(id)
    expect(await world.store.get(id)).toMatchObject({ state: 'denied' })
  })

  test(proves('attacks:approvals', 'T212'), async () => {
    const world = createWorld()
    const id = await world.requested()
    await world.approve('bob', id)
    const permission = await ask(world)
    expect(permission.ok).toBe(true)
    expect((await world.deny('bob', id)).ok, 'who consented takes it back').toBe(true)
    const code = 'invocation.approval-denied'
    expect(told(await ask(world))).toEqual({ code, unlock: { approval: { id } }, detail: undefined })
    expect(told(await world.approve('bob', id)), 'nor is the older one given again').toEqual(INVALID)
    // Decided on before it was denied, and used after.
    if (permission.ok) expect(told(await permission.value.commit())).toEqual(INVALID)
    expect(permission.ok && world.lifecycle.isOpen(permission.value.call)).toBe(false)
  })

  test('by those who are asked, and nobody else', async () => {
    const world = createWorld()
    const id = await world.requested()
    for (const person of ['carol', 'dave'] as const) expect(told(await world.deny(person, id))).toEqual(INVALID)
    for (const unknown of [NOBODY, '', 'x']) expect(told(await world.deny('bob', unknown))).toEqual(INVALID)
    const self = { code: 'invocation.approval-self' }
    expect(told(await world.deny('alice', id))).toMatchObject(self)
    expect(told(await world.deny('bob', id, { agent: PLANNER }))).toMatchObject(self)
    expect(world.written).toEqual(['request'])
  })

  test('of fifty who deny and consent at once, one is heard', async () => {
    const world = createWorld()
    const id = await world.requested()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? world.deny('bob', id) : world.approve('bob', id))),
    )
    // A denial ends a consent that was not used.
    expect(await world.store.get(id)).toMatchObject({ state: 'denied' })
    expect(answers.filter(({ ok }, index) => ok && index % 2 === 1)).toHaveLength(1)
    expect((await ask(world)).ok).toBe(false)
  })
})

describe(proves('invocation:approval:withdrawn'), () => {
  test('by whoever asked, through their agent', async () => {
    const world = createWorld()
    const id = await world.requested()
    for (const [person, agent] of [
      ['alice', OTHER_AGENT],
      ['bob', PLANNER],
      ['bob', APP],
      ['carol', APP],
    ] as const) {
      expect(told(await world.withdraw(person, id, agent))).toEqual(INVALID)
    }
    expect(told(await world.withdraw('alice', NOBODY, PLANNER))).toEqual(INVALID)
    expect(world.written).toEqual(['request'])
    expect(await world.withdraw('alice', id, PLANNER)).toMatchObject({ ok: true, value: { state: 'withdrawn' } })
    expect(told(await world.approve('bob', id))).toEqual(INVALID)
    expect(await world.requested()).not.toBe(id)
  })

  test('by whoever consented, while it is unused', async () => {
    const world = createWorld()
    const id = await world.requested()
    await world.approve('bob', id)
    const permission = await ask(world)
    expect((await world.withdraw('bob', id, 'spiffe://expense.example/apps/mobile')).ok).toBe(true)
    if (permission.ok) expect(told(await permission.value.commit())).toEqual(INVALID)
    const next = idOf(await ask(world))
    expect(next).not.toBe(id)
    await world.approve('bob', next)
    const used = await ask(world)
    if (used.ok) await used.value.commit()
    expect(told(await world.withdraw('bob', next))).toEqual(INVALID)
  })

  test('of fifty uses, denials and withdrawals at once one ends it', async () => {
    const world = createWorld()
    const id = await world.requested()
    await world.approve('bob', id)
    const permissions = await Promise.all(Array.from({ length: 25 }, () => ask(world)))
    const outcomes = await Promise.all([
      ...permissions.map(async (one) => (one.ok ? one.value.commit() : one)),
      ...Array.from({ length: 25 }, (_, index) => (index % 2 ? world.withdraw('bob', id) : world.deny('bob', id))),
    ])
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    const open = permissions.filter((one) => one.ok && world.lifecycle.isOpen(one.value.call))
    expect(open.length).toBe((await world.store.get(id))?.state === 'used' ? 1 : 0)
  })
})

describe(proves('invocation:approval:seen'), () => {
  test(proves('attacks:approvals', 'T214'), async () => {
    const world = createWorld()
    const id = await world.requested()
    const reads: string[] = []
    const { get } = world.store
    Object.assign(world.store, {
      get(one: string) {
        reads.push(one)
        return get(one)
      },
    })
    const unknown = await world.see('carol', NOBODY)
    expect(told(unknown)).toEqual({ code: 'gateway.path-unknown', unlock: undefined, detail: undefined })
    for (const [person, agent] of [
      ['carol', APP],
      ['dave', APP],
      ['alice', OTHER_AGENT],
      ['bob', PLANNER],
    ] as const) {
      expect(await world.see(person, id, agent), 'of others').toEqual(unknown)
    }
    expect(reads, 'after the same questions').toEqual([NOBODY, id, id, id, id])
    for (const guessed of ['', 'x', `${id}A`, '../token']) expect(await world.see('bob', guessed)).toEqual(unknown)
    // Answering tells no more.
    const answers = [
      world.approve('carol', id),
      world.approve('bob', NOBODY),
      world.deny('carol', id),
      world.withdraw('carol', id),
    ]
    for (const answer of await Promise.all(answers)) expect(told(answer)).toEqual(INVALID)
    expect(world.written).toEqual(['request'])
  })

  test('by whoever asked, and by who is or was asked', async () => {
    const world = createWorld()
    const id = await world.requested()
    expect(await world.see('alice', id, PLANNER)).toMatchObject({ ok: true, value: { id, state: 'pending' } })
    expect(await world.see('bob', id)).toMatchObject({ ok: true, value: { id } })
    expect(await world.list('alice', PLANNER)).toMatchObject({ requested: [{ id }], waiting: [] })
    expect(await world.list('bob')).toMatchObject({ requested: [], waiting: [{ id }] })
    const nothing = { requested: [], waiting: [] }
    for (const person of ['carol', 'dave'] as const) expect(await world.list(person)).toEqual(nothing)
    expect(await world.list('alice', OTHER_AGENT)).toEqual(nothing)
    expect(await world.list('bob', PLANNER), 'nobody is asked through the agent that asks').toEqual(nothing)
    await world.approve('bob', id)
    expect(await world.list('bob')).toEqual(nothing)
    world.relate('bob', [])
    expect(await world.see('bob', id), 'what one consented to').toMatchObject({ value: { state: 'approved' } })
    world.pass(10 * MINUTE)
    expect(await world.see('alice', id, PLANNER), 'how it ended').toMatchObject({ value: { state: 'expired' } })
    expect(await world.list('alice', PLANNER)).toMatchObject({ requested: [{ id, state: 'expired' }] })
  })
})

describe(proves('invocation:approval:flood'), () => {
  const limited = { code: 'gateway.rate-limited', unlock: undefined, detail: undefined }
  const amounts = (world: World, count: number) =>
    Array.from({ length: count }, (_, index) => world.call('INV-9001', { index }))

  test('so many wait, however many race', async () => {
    const world = createWorld({ approvals: { waiting: { caller: 3 } } })
    const outcomes = await Promise.all(amounts(world, 50).map((asked) => ask(world, asked)))
    const waiting = outcomes.filter((one) => !one.ok && one.denial.code === 'invocation.approval-required')
    expect(waiting).toHaveLength(3)
    const [refused] = outcomes.filter((one) => !one.ok && one.denial.code === 'gateway.rate-limited')
    expect(refused).toMatchObject({ denial: { retryAfter: 60 } })
    expect(told(refused!)).toEqual(limited)
    await world.deny('bob', idOf(waiting[0]!))
    expect(idOf(await ask(world, world.call('INV-9001', { index: 'more' })))).not.toBe(idOf(waiting[0]!))
  })

  test('for the same people, by whoever', async () => {
    const world = createWorld({ approvals: { waiting: { asked: 2 } } })
    world.rows.set('INV-3', expense({ id: 'INV-3', amount: 700_000 }))
    await world.requested()
    await world.requested(world.call('INV-3'))
    expect(told(await ask(world, world.call('INV-3', { urgent: true })))).toEqual(limited)
  })

  test('so many are made', async () => {
    let made = 0
    const meter = async () => (++made > 2 ? 1_500 : 0)
    const world = createWorld({ approvals: { meter } })
    const first = await world.requested()
    expect(await world.requested(), 'what waits is not counted').toBe(first)
    await world.withdraw('alice', first, PLANNER)
    await world.withdraw('alice', await world.requested(), PLANNER)
    const refused = await ask(world)
    expect(refused).toMatchObject({ denial: { code: 'gateway.rate-limited', retryAfter: 2 } })
    expect(world.written.filter((name) => name === 'request')).toHaveLength(2)
  })
})

describe(proves('invocation:approval:shown'), () => {
  test(proves('attacks:approvals', 'T215'), async () => {
    const world = createWorld({
      approvals: {
        tools: {
          approveExpense: {
            resource: { type: 'Expense', argument: 'invoiceId' },
            shows: ['resource.amount', 'resource.dept', 'arguments.note', 'arguments.missing', 'resource.constructor'],
          },
        },
      },
    })
    const note = 'pay \u202e000,026\u202c to P\u0430yP\u0430l\u200b\nApproved by the CFO'
    const id = await world.requested(world.call('INV-9001', { note, hidden: 'free text of a model' }))
    const kept = await world.store.get(id)
    expect(kept?.shown).toEqual([
      { name: 'resource.amount', value: '620000' },
      { name: 'resource.dept', value: 'Department::"42"' },
      {
        name: 'arguments.note',
        value: 'pay \\u{202e}000,026\\u{202c} to P\\u{430}yP\\u{430}l\\u{200b}\\u{a}Approved by the CFO',
      },
    ])
    expect(JSON.stringify(kept)).not.toContain('free text')
    // What is hashed is what is shown: another note, however alike, is another request.
    const alike = await world.requested(world.call('INV-9001', { note: note.replaceAll('\u0430', 'a') }))
    expect(alike).not.toBe(id)
    expect((await world.store.get(alike))?.shown.at(-1)?.value).toContain('to PayPal')
  })

  test.each([
    ['plain', 'plain', undefined],
    ['Åsa Müller', 'Åsa Müller', '\\u{c5}sa M\\u{fc}ller'],
    ['Москва', 'Москва', '\\u{41c}\\u{43e}\\u{441}\\u{43a}\\u{432}\\u{430}'],
    ['раypal', '\\u{440}\\u{430}ypal', undefined],
    ['ｐay', '\\u{ff50}ay', undefined],
    ['e\u0301', 'e\\u{301}', undefined],
    ['1\u00a0000', '1\\u{a0}000', undefined],
    ['a\u2010b', 'a\\u{2010}b', undefined],
    ['back\\slash', 'back\\\\slash', undefined],
    ['日本 INV', '日本 INV', '\\u{65e5}\\u{672c} INV'],
  ])('%s', (text, value, ascii) => {
    expect(shown('x', text)).toEqual({ name: 'x', value, ...(ascii === undefined ? {} : { ascii }) })
  })

  test('values of every kind, and no more than fits', () => {
    const resource = expense()
    const given = { list: ['a', 1], deep: { a: [true, null] }, long: 'x'.repeat(500), 'set.name': 1 }
    const names = ['arguments.list', 'arguments.deep', 'arguments.long', 'resource.confidential']
    const values = showMembers(names, { resource, given }).map(({ value }) => value)
    expect(values).toEqual(['["a",1]', '{"a":[true,null]}', `${'x'.repeat(160)}…`, 'false'])
  })
})
