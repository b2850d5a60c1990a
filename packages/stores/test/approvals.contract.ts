import type { ApprovalStore, Clock } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: ApprovalStore
  close(): Promise<void>
}

/** Runs what every approval store must do. `open` is called once per group of tests, with the clock that the test sets. */
export function approvalsContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000
  const bob = { issuer: 'https://as.example', subject: 'user:bob' }
  const carol = { issuer: 'https://as.example', subject: 'user:carol' }
  const times = (count: number) => Array.from({ length: count }, (_, index) => index)

  describe(`approvals in ${name}`, () => {
    let now = START
    let subject: Subject
    let made = 0
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    /** A request of its own, or for the same thing as another. */
    function request(binding = `binding ${++made}`) {
      return {
        id: `id ${++made}`,
        binding,
        issuer: 'https://as.example',
        subject: 'user:alice',
        actor: 'agent',
        tool: 'approveExpense',
        resource: { type: 'Expense', id: 'INV-9001' },
        requestedAt: now,
        expiresAt: now + 60_000,
      }
    }

    test(proves('state:approvals:once', name), async () => {
      const { store } = subject
      const asked = request()
      expect(await store.request(asked)).toEqual({ ...asked, state: 'pending' })
      expect(await store.findApproved(asked.binding)).toBeUndefined()
      expect(await store.use(asked.id), 'nobody consented yet').toBe(false)
      expect(await store.approve(asked.id, bob)).toBe(true)
      const approved = { ...asked, state: 'approved', approver: { ...bob, at: now } }
      expect(await store.get(asked.id)).toEqual(approved)
      expect(await store.findApproved(asked.binding)).toEqual(approved)
      expect(await store.approve(asked.id, carol), 'the first word stands').toBe(false)
      expect(await store.use(asked.id)).toBe(true)
      expect(await store.use(asked.id)).toBe(false)
      expect(await store.approve(asked.id, carol)).toBe(false)
      expect(await store.findApproved(asked.binding)).toBeUndefined()
      expect(await store.get(asked.id)).toEqual({ ...approved, state: 'used' })
    })

    test(proves('state:approvals:deduplicated', name), async () => {
      const { store } = subject
      const { resource: _none, ...first } = request()
      expect(await store.request(first)).toEqual({ ...first, state: 'pending' })
      const again = request(first.binding)
      expect(await store.request(again), 'still waiting').toEqual({ ...first, state: 'pending' })
      expect(await store.get(again.id)).toBeUndefined()
      await store.approve(first.id, bob)
      expect(await store.request(again), 'consented to').toMatchObject({ id: first.id, state: 'approved' })
      await store.use(first.id)
      expect(await store.request(again), 'used up').toEqual({ ...again, state: 'pending' })
      expect(await store.request(request()), 'another binding').toMatchObject({ state: 'pending' })
    })

    test(proves('state:approvals:racers', name), async () => {
      const { store } = subject
      const binding = request().binding
      const asked = times(50).map(() => request(binding))
      const standing = new Set((await Promise.all(asked.map((one) => store.request(one)))).map(({ id }) => id))
      expect(standing.size).toBe(1)
      const [id = ''] = standing
      expect((await Promise.all(asked.map((one) => store.get(one.id)))).filter(Boolean)).toHaveLength(1)
      const consents = await Promise.all(times(50).map((index) => store.approve(id, index % 2 ? bob : carol)))
      expect(consents.filter(Boolean)).toHaveLength(1)
      expect(await store.get(id)).toMatchObject({ approver: consents.indexOf(true) % 2 ? bob : carol })
      const uses = await Promise.all(times(50).map(() => store.use(id)))
      expect(uses.filter(Boolean)).toHaveLength(1)
    })

    test(proves('state:approvals:expired', name), async () => {
      const { store } = subject
      const [waiting, approved, raced] = [request(), request(), request()]
      for (const one of [waiting, approved, raced]) await store.request(one)
      await store.approve(approved.id, bob)
      now = START + 59_999
      expect(await store.findApproved(approved.binding)).toMatchObject({ id: approved.id })
      now = START + 60_000
      expect(await store.get(waiting.id)).toBeUndefined()
      expect(await store.approve(waiting.id, bob)).toBe(false)
      expect(await store.findApproved(approved.binding)).toBeUndefined()
      expect(await store.use(approved.id)).toBe(false)
      const fresh = [approved, waiting].map(({ binding }) => request(binding))
      for (const one of fresh) expect(await store.request(one)).toEqual({ ...one, state: 'pending' })
      expect(await store.use(fresh[0]?.id ?? ''), 'the former consent is no part of it').toBe(false)
      expect(await store.findApproved(approved.binding)).toBeUndefined()

      // Long after, when what expired is cleared away.
      now = START + 119_999
      const again = await Promise.all(times(50).map(() => store.request(request(raced.binding))))
      expect(new Set(again.map(({ id }) => id)).size).toBe(1)
      expect(await store.approve(raced.id, bob)).toBe(false)
      now = START
      expect(await store.use(approved.id), 'a clock that is set back').toBe(false)
    })

    test(proves('state:approvals:bounded', name), async () => {
      const { store } = subject
      const asked = request()
      for (const bad of ['', 'x'.repeat(1025), 'a\u0000', '\udc00']) {
        for (const member of ['id', 'binding', 'issuer', 'subject', 'actor', 'tool']) {
          await expect(store.request({ ...asked, [member]: bad })).rejects.toThrow(TypeError)
        }
        await expect(store.request({ ...asked, resource: { type: 'Expense', id: bad } })).rejects.toThrow(TypeError)
        await expect(store.get(bad)).rejects.toThrow(TypeError)
      }
      await expect(store.request({ ...asked, expiresAt: Number.POSITIVE_INFINITY })).rejects.toThrow(TypeError)
      expect(await store.get(asked.id), 'the refusals kept nothing').toBeUndefined()
      await store.request(asked)
      await expect(store.approve(asked.id, { ...bob, subject: '' })).rejects.toThrow(TypeError)
      expect(await store.get(asked.id)).toMatchObject({ state: 'pending' })
      const taken = { ...request(), id: asked.id }
      await expect(store.request(taken), 'an id is of one request').rejects.toMatchObject({ code: 'state.unavailable' })
      expect(await store.get(asked.id)).toMatchObject({ binding: asked.binding })
    })

    test('what is kept is a copy of the declared members', async () => {
      const asked = Object.assign(request(), { state: 'approved', approver: { ...bob, at: now }, note: 'secret' })
      const kept = await subject.store.request(asked)
      expect(kept.state).toBe('pending')
      expect(kept.approver).toBeUndefined()
      expect(Object.keys(kept)).not.toContain('note')
    })

    test(proves('state:approvals:closed', name), async () => {
      const other = await open(() => now)
      const asked = request()
      await other.store.request(asked)
      await other.close()
      const refused = { code: 'state.unavailable' }
      await expect(other.store.request(request())).rejects.toMatchObject(refused)
      await expect(other.store.get(asked.id)).rejects.toMatchObject(refused)
      await expect(other.store.findApproved(asked.binding)).rejects.toMatchObject(refused)
      await expect(other.store.approve(asked.id, bob)).rejects.toMatchObject(refused)
      await expect(other.store.use(asked.id)).rejects.toMatchObject(refused)
    })
  })
}
