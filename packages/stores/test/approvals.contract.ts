import type { Approval, ApprovalConsent, ApprovalStore, Clock } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { OBLIGED } from './approval-outbox.contract.ts'

/** A store under test. */
interface Subject {
  readonly store: ApprovalStore
  close(): Promise<void>
}

const person = (name: string) => ({ issuer: 'https://as.example', subject: `user:${name}`, actor: 'console' })
const [bob, carol, alice] = [person('bob'), person('carol'), person('alice')]
const BOUNDS = { caller: 1000, asked: 1000, notify: false }
const DAY = 86_400_000
const times = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Runs what every approval store must do. `open` is called once per group of tests, with the clock that the test sets. */
export function approvalsContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000

  describe(`approvals in ${name}`, () => {
    let now = START
    let subject: Subject
    let made = 0
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    /** A request of its own, or for the same thing as another. */
    function request(binding = `binding ${++made}`, over: Partial<Approval> = {}) {
      return {
        id: `id ${++made}`,
        binding,
        issuer: 'https://as.example',
        subject: 'user:alice',
        actor: 'agent',
        chain: ['inner agent'],
        tool: 'approveExpense',
        resource: { type: 'Expense', id: 'INV-9001' },
        needed: [{ relation: 'coApproverFor', of: 'dept', count: 2 }],
        asked: ['dept-42'],
        shown: [{ name: 'resource.amount', value: '' }],
        requestedAt: now,
        expiresAt: now + 60_000,
        ...over,
      }
    }
    const consentOf = (who = bob): ApprovalConsent => ({ ...who, at: now, relations: ['coApproverFor'] })
    const ask = (one: ReturnType<typeof request>, over = {}) => subject.store.request(one, { ...BOUNDS, ...over })
    /** A request that everybody consented to. */
    async function approved(binding?: string) {
      const one = request(binding)
      await ask(one)
      expect(await subject.store.consent(one.id, 0, consentOf(), true)).toBe(true)
      return one
    }

    test(proves('state:approvals:once', name), async () => {
      const { store } = subject
      const asked = request()
      expect(await ask(asked)).toEqual({ ...asked, state: 'pending', consents: [] })
      expect(await store.use(asked.id), 'nobody consented yet').toBe(false)
      expect(await store.consent(asked.id, 1, consentOf(), true), 'there are not so many').toBe(false)
      expect(await store.consent(asked.id, 0, consentOf(), false)).toBe(true)
      expect(await store.use(asked.id), 'one is not enough').toBe(false)
      expect(await store.standing(asked.binding)).toMatchObject({ state: 'pending', consents: [bob] })
      expect(await store.consent(asked.id, 0, consentOf(carol), true), 'somebody was first').toBe(false)
      expect(await store.consent(asked.id, 1, consentOf(carol), true)).toBe(true)
      const both = { ...asked, state: 'approved', consents: [consentOf(), consentOf(carol)] }
      expect(await store.get(asked.id)).toEqual(both)
      expect(await store.standing(asked.binding)).toEqual(both)
      expect(await store.consent(asked.id, 2, consentOf(carol), true), 'nobody is needed any more').toBe(false)
      expect(await store.use(asked.id)).toBe(true)
      expect(await store.use(asked.id)).toBe(false)
      expect(await store.deny(asked.id, bob, now), 'what is used is past').toBe(false)
      expect(await store.withdraw(asked.id, alice)).toBe(false)
      expect(await store.standing(asked.binding)).toBeUndefined()
      expect(await store.get(asked.id)).toEqual({ ...both, state: 'used', ended: { at: now } })
    })

    test(proves('state:approvals:deduplicated', name), async () => {
      const { store } = subject
      const { resource: _none, ...first } = request()
      expect(await ask(first as ReturnType<typeof request>)).toEqual({ ...first, state: 'pending', consents: [] })
      const again = request(first.binding)
      expect(await ask(again), 'still waiting').toMatchObject({ id: first.id, state: 'pending' })
      expect(await store.get(again.id)).toBeUndefined()
      await store.consent(first.id, 0, consentOf(), true)
      expect(await ask(again), 'consented to').toMatchObject({ id: first.id, state: 'approved' })
      await store.use(first.id)
      expect(await ask(again), 'used up').toEqual({ ...again, state: 'pending', consents: [] })
      expect(await ask(request()), 'another binding').toMatchObject({ state: 'pending' })
    })

    test(proves('state:approvals:denied', name), async () => {
      const { store } = subject
      const waiting = request()
      await ask(waiting)
      const done = await approved()
      for (const one of [waiting, done]) {
        expect(await store.deny(one.id, carol, now + 100_000)).toBe(true)
        expect(await store.deny(one.id, carol, now + 100_000)).toBe(false)
        const denial = { id: one.id, state: 'denied', ended: { at: now, by: carol }, expiresAt: now + 100_000 }
        expect(await ask(request(one.binding)), 'asking again').toMatchObject(denial)
        expect(await store.standing(one.binding)).toMatchObject(denial)
        expect(await store.use(one.id)).toBe(false)
        expect(await store.consent(one.id, 0, consentOf(), true)).toBe(false)
        expect(await store.withdraw(one.id, alice)).toBe(false)
      }
      const before = now
      now += 100_000
      const fresh = request(waiting.binding)
      expect(await ask(fresh), 'when its time is over').toEqual({ ...fresh, state: 'pending', consents: [] })
      expect(await store.get(waiting.id), 'it stays a denial').toMatchObject({ state: 'denied' })
      expect(await store.standing(done.binding)).toBeUndefined()
      now = before
      expect(await ask(request(waiting.binding)), 'a clock that is set back').toMatchObject({ id: fresh.id })
    })

    test(proves('state:approvals:withdrawn', name), async () => {
      const { store } = subject
      const waiting = request()
      await ask(waiting)
      const done = await approved()
      for (const one of [waiting, done]) {
        expect(await store.withdraw(one.id, one === waiting ? alice : undefined)).toBe(true)
        expect(await store.withdraw(one.id, alice)).toBe(false)
        expect(await store.use(one.id)).toBe(false)
        expect(await store.consent(one.id, 0, consentOf(), true)).toBe(false)
        expect(await store.deny(one.id, bob, now)).toBe(false)
        expect(await store.standing(one.binding)).toBeUndefined()
        const ended = one === waiting ? { at: now, by: alice } : { at: now }
        expect(await store.get(one.id)).toMatchObject({ state: 'withdrawn', ended })
        expect(await ask(request(one.binding)), 'it can be asked again').toMatchObject({ state: 'pending' })
      }
    })

    test(proves('state:approvals:racers', name), async () => {
      const { store } = subject
      const binding = request().binding
      const asked = times(50).map(() => request(binding))
      const standing = new Set((await Promise.all(asked.map((one) => ask(one)))).map((one) => one?.id))
      expect(standing.size).toBe(1)
      const id = [...standing][0] ?? ''
      expect((await Promise.all(asked.map((one) => store.get(one.id)))).filter(Boolean)).toHaveLength(1)
      const consents = await Promise.all(
        times(50).map((index) => store.consent(id, 0, consentOf(index % 2 ? bob : carol), true)),
      )
      expect(consents.filter(Boolean)).toHaveLength(1)
      expect(await store.get(id)).toMatchObject({ consents: [consents.indexOf(true) % 2 ? bob : carol] })
      const uses = await Promise.all(times(50).map(() => store.use(id)))
      expect(uses.filter(Boolean)).toHaveLength(1)
    })

    test(proves('state:approvals:racers', `${name}: each end against the others`), async () => {
      const { store } = subject
      const done = await approved()
      const ends = times(50).map((index) =>
        [
          () => store.use(done.id),
          () => store.deny(done.id, carol, now + 60_000),
          () => store.withdraw(done.id, alice),
        ][index % 3]?.(),
      )
      const won = (await Promise.all(ends)).flatMap((end, index) => (end ? [index % 3] : []))
      expect(won).toHaveLength(1)
      expect((await store.get(done.id))?.state).toBe(['used', 'denied', 'withdrawn'][won[0] ?? 0])
      const waiting = request()
      await ask(waiting)
      const answers = await Promise.all(
        times(50).map((index) =>
          index % 2 ? store.consent(waiting.id, 0, consentOf(), true) : store.withdraw(waiting.id, alice),
        ),
      )
      // Consent first, then withdrawn; or withdrawn alone: never consent to what was withdrawn.
      expect((await store.get(waiting.id))?.state).toBe('withdrawn')
      expect(answers.filter((answer, index) => answer && index % 2 === 0)).toHaveLength(1)
      expect(answers.filter((answer, index) => answer && index % 2 === 1).length).toBeLessThan(2)
    })

    test(proves('state:approvals:bounds', name), async () => {
      const { store } = subject
      const mine = { actor: `agent ${++made}`, asked: [`only-${made}`] }
      const few = { caller: 3, asked: 5 }
      const made50 = await Promise.all(times(50).map(() => ask(request(undefined, mine), few)))
      const kept = made50.filter((one) => one !== undefined)
      expect(kept, 'however many race').toHaveLength(3)
      const others = await Promise.all(
        times(50).map((index) => ask(request(undefined, { ...mine, actor: `other ${index}` }), few)),
      )
      expect(others.filter(Boolean), 'of everybody who asks the same people').toHaveLength(2)
      expect(await ask(request(undefined, { ...mine, asked: ['others'] }), few), 'of one caller').toBeUndefined()
      const [one, two, three] = kept.map(({ id }) => id)
      expect(await ask(request(kept[0]?.binding, mine), few), 'what waits already').toMatchObject({ id: one })
      await store.consent(one ?? '', 0, consentOf(), true)
      await store.deny(two ?? '', bob, now)
      await store.withdraw(three ?? '', bob)
      for (const _ of times(3)) expect(await ask(request(undefined, mine), few)).toMatchObject({ state: 'pending' })
      expect(await ask(request(undefined, mine), few)).toBeUndefined()
      const before = now
      now += 60_000
      for (const _ of times(3)) expect(await ask(request(undefined, mine), few), 'expired').toBeDefined()
      now = before
      expect(await ask(request(undefined, mine), few), 'a clock that is set back').toBeUndefined()
    })

    test(proves('state:approvals:expired', name), async () => {
      const { store } = subject
      const before = now
      const [waiting, raced] = [request(), request()]
      for (const one of [waiting, raced]) await ask(one)
      const done = await approved()
      now = before + 59_999
      expect(await store.standing(done.binding)).toMatchObject({ id: done.id })
      now = before + 60_000
      const expired = { state: 'expired', ended: { at: before + 60_000 } }
      for (const one of [waiting, done]) expect(await store.get(one.id), 'a visible end').toMatchObject(expired)
      expect(await store.consent(waiting.id, 0, consentOf(), true)).toBe(false)
      expect(await store.deny(waiting.id, bob, now + 1)).toBe(false)
      expect(await store.withdraw(waiting.id, alice)).toBe(false)
      expect(await store.standing(done.binding)).toBeUndefined()
      expect(await store.use(done.id)).toBe(false)
      const fresh = [done, waiting].map(({ binding }) => request(binding))
      for (const one of fresh) expect(await ask(one)).toEqual({ ...one, state: 'pending', consents: [] })
      expect(await store.use(fresh[0]?.id ?? ''), 'the former consent is no part of it').toBe(false)
      expect(await store.get(done.id)).toMatchObject(expired)

      const again = await Promise.all(times(50).map(() => ask(request(raced.binding))))
      expect(new Set(again.map((one) => one?.id)).size).toBe(1)
      expect(await store.consent(raced.id, 0, consentOf(), true)).toBe(false)
      now = before
      expect(await store.use(done.id), 'a clock that is set back').toBe(false)
      expect(await store.get(raced.id), 'and after it was marked').toMatchObject({ state: 'expired' })
    })

    test(proves('state:approvals:kept', name), async () => {
      const { store } = subject
      const before = now
      const caller = { issuer: 'https://as.example', subject: 'user:erin', actor: `agent ${++made}` }
      const one = request(undefined, caller)
      await ask(one)
      await store.withdraw(one.id)
      now = before + 6 * DAY
      await ask(request())
      expect(await store.get(one.id)).toMatchObject({ state: 'withdrawn' })
      now = before + 8 * DAY
      await ask(request())
      expect(await store.get(one.id), 'a week later').toBeUndefined()
      now = before
    })

    test(proves('state:approvals:listed', name), async () => {
      const { store } = subject
      const caller = { issuer: 'https://as.example', subject: 'user:erin', actor: `agent ${++made}` }
      const asked = [`list-${made}`, `list-too-${made}`]
      const [first, second, third] = [0, 1, 2].map((index) =>
        request(undefined, { ...caller, asked, requestedAt: now + index }),
      )
      for (const one of [first, second, third]) await ask(one ?? request())
      await store.withdraw(second?.id ?? '')
      const ids = (all: readonly Approval[]) => all.map(({ id }) => id)
      expect(ids(await store.requestedBy(caller)), 'the newest first').toEqual(
        [third, second, first].map((one) => one?.id),
      )
      expect(await store.requestedBy({ ...caller, actor: 'another' })).toEqual([])
      for (const keys of [[asked[0] ?? ''], [asked[1] ?? '', 'unknown']]) {
        expect(ids(await store.waitingFor(keys)), 'the oldest first').toEqual([first, third].map((one) => one?.id))
      }
      expect(await store.waitingFor([])).toEqual([])
      expect(await store.waitingFor(['list'])).toEqual([])
      await store.consent(first?.id ?? '', 0, consentOf(), true)
      expect(ids(await store.waitingFor(asked)), 'what is approved waits no more').toEqual([third?.id])
      expect(ids(await store.list())).toEqual(expect.arrayContaining(ids(await store.requestedBy(caller))))
    })

    test(proves('state:approvals:bounded', name), async () => {
      const { store } = subject
      const asked = request()
      for (const bad of ['', 'x'.repeat(1025), 'a\u0000', '\udc00']) {
        for (const member of ['id', 'binding', 'issuer', 'subject', 'actor', 'tool']) {
          await expect(ask({ ...asked, [member]: bad })).rejects.toThrow(TypeError)
        }
        await expect(ask({ ...asked, resource: { type: 'Expense', id: bad } })).rejects.toThrow(TypeError)
        await expect(ask({ ...asked, chain: [bad] })).rejects.toThrow(TypeError)
        await expect(ask({ ...asked, asked: [bad] })).rejects.toThrow(TypeError)
        await expect(store.get(bad)).rejects.toThrow(TypeError)
        await expect(store.requestedBy({ ...alice, actor: bad })).rejects.toThrow(TypeError)
        await expect(store.deny(asked.id, { ...bob, subject: bad }, now)).rejects.toThrow(TypeError)
        await expect(store.withdraw(asked.id, { ...bob, actor: bad })).rejects.toThrow(TypeError)
      }
      await expect(ask({ ...asked, asked: ['two words'] })).rejects.toThrow(TypeError)
      await expect(ask({ ...asked, shown: [{ name: 'a', value: 'x\u0000' }] })).rejects.toThrow(TypeError)
      await expect(ask({ ...asked, chain: times(65).map(String) })).rejects.toThrow(TypeError)
      await expect(ask({ ...asked, needed: [{ relation: 'a', of: 'b', count: 0 }] })).rejects.toThrow(TypeError)
      await expect(ask({ ...asked, expiresAt: Number.POSITIVE_INFINITY })).rejects.toThrow(TypeError)
      for (const caller of [0, 1.5, 10_001]) await expect(ask(asked, { caller })).rejects.toThrow(TypeError)
      expect(await store.get(asked.id), 'the refusals kept nothing').toBeUndefined()
      await ask(asked)
      await expect(store.consent(asked.id, 0, { ...consentOf(), subject: '' }, true)).rejects.toThrow(TypeError)
      expect(await store.get(asked.id)).toMatchObject({ state: 'pending', consents: [] })
      await expect(ask({ ...request(), id: asked.id }), 'an id is of one request').rejects.toMatchObject({
        code: 'state.unavailable',
      })
      expect(await store.get(asked.id)).toMatchObject({ binding: asked.binding })
    })

    test('what is kept is a copy of the declared members', async () => {
      const asked = Object.assign(request(), { state: 'approved', consents: [consentOf()], note: 'secret' })
      const kept = await ask(asked)
      expect(kept).toMatchObject({ state: 'pending', consents: [] })
      expect(Object.keys(kept ?? {})).not.toContain('note')
    })

    test(proves('state:approvals:closed', name), async () => {
      const other = await open(() => now)
      const asked = request()
      await other.store.request(asked, BOUNDS)
      await other.close()
      const { store } = other
      for (const ask of [
        () => store.request(request(), BOUNDS),
        () => store.get(asked.id),
        () => store.standing(asked.binding),
        () => store.requestedBy(asked),
        () => store.waitingFor(['any']),
        () => store.list(),
        () => store.consent(asked.id, 0, consentOf(), true),
        () => store.deny(asked.id, bob, now),
        () => store.withdraw(asked.id),
        () => store.use(asked.id),
        () => store.expire(),
        () => store.outbox.take('approval', 1),
        () => store.outbox.put({ ...OBLIGED, id: 'id', at: now }),
        () => store.outbox.delivered('id'),
        () => store.outbox.retry('id', now),
        () => store.outbox.giveUp('id'),
        () => store.outbox.givenUp('approval'),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'state.unavailable' })
      }
    })
  })
}
