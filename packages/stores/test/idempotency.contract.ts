import type { Clock, IdempotencyStore } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: IdempotencyStore
  close(): Promise<void>
}

/** Runs what every idempotency store must do. `open` is called once per group of tests, with the clock that the test sets. */
export function idempotencyContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000
  describe(`idempotency in ${name}`, () => {
    let now = START
    let subject: Subject
    let made = 0
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    const newKey = () => `key ${++made}`
    const entry = (call: string, digest = 'digest') => ({ digest, call, expiresAt: now + 60_000 })

    test(proves('state:idempotency:answer', name), async () => {
      const { store } = subject
      const key = newKey()
      expect(await store.get(key)).toBeUndefined()
      expect(await store.reserve(key, entry('first'))).toBeUndefined()
      const reserved = { state: 'reserved', digest: 'digest', call: 'first', at: now }
      expect(await store.get(key)).toEqual(reserved)
      expect(await store.reserve(key, entry('second', 'another digest'))).toEqual(reserved)
      const answer = JSON.stringify({ text: '"é\u2028 \\u0000 \u{1f600}' })
      await store.commit(key, answer)
      const committed = { ...reserved, state: 'committed', answer }
      expect(await store.get(key)).toEqual(committed)
      expect(await store.reserve(key, entry('third'))).toEqual(committed)
      await expect(store.commit(key, '"another"')).rejects.toMatchObject({ code: 'state.unavailable' })
      await store.release(key, 'first')
      await store.abandon(key, 'first')
      expect(await store.get(key), 'what has an answer is not released').toEqual(committed)
    })

    test(proves('state:idempotency:released', name), async () => {
      const { store } = subject
      const key = newKey()
      await store.reserve(key, entry('first'))
      await store.release(key, 'another')
      expect(await store.get(key), 'only its own call releases it').toMatchObject({ call: 'first' })
      await store.release(key, 'first')
      expect(await store.get(key)).toBeUndefined()
      await expect(store.commit(key, '1')).rejects.toMatchObject({ code: 'state.unavailable' })
      expect(await store.get(key), 'a refused commit keeps nothing').toBeUndefined()
      expect(await store.reserve(key, entry('second'))).toBeUndefined()
      expect(await store.get(key)).toMatchObject({ call: 'second' })
    })

    test(proves('state:idempotency:abandoned', name), async () => {
      const { store } = subject
      const [key, other] = [newKey(), newKey()]
      for (const one of [key, other]) await store.reserve(one, entry('first'))
      await store.abandon(key, 'another')
      expect(await store.get(key)).toMatchObject({ state: 'reserved' })
      for (const one of [key, other]) await store.abandon(one, 'first')
      const unknown = { state: 'unknown', digest: 'digest', call: 'first', at: now }
      expect(await store.reserve(key, entry('second')), 'a retry does not run').toEqual(unknown)
      await expect(store.commit(key, '"late"')).rejects.toMatchObject({ code: 'state.unavailable' })
      await store.release(key, 'first')
      expect(await store.get(key), 'nor does it give the key back').toEqual(unknown)
      const listed = (await store.unresolved()).map((found) => found.key)
      expect(listed).toEqual(expect.arrayContaining([key, other]))
      expect(await store.resolve(key, 'happened')).toBe(true)
      expect(await store.resolve(key, 'did-not-happen'), 'one word closes it').toBe(false)
      expect(await store.get(key)).toEqual(unknown)
      expect(await store.resolve(other, 'did-not-happen')).toBe(true)
      expect(await store.reserve(other, entry('third')), 'it may run now').toBeUndefined()
      expect((await store.unresolved()).filter((found) => found.key === key || found.key === other)).toEqual([])
    })

    test(proves('state:idempotency:racers', name), async () => {
      const { store } = subject
      const key = newKey()
      const calls = Array.from({ length: 50 }, (_, index) => `call ${index}`)
      const standing = await Promise.all(calls.map((call) => store.reserve(key, entry(call))))
      const winners = calls.filter((_, index) => standing[index] === undefined)
      expect(winners).toHaveLength(1)
      for (const record of standing) if (record) expect(record).toMatchObject({ state: 'reserved', call: winners[0] })
      const commits = await Promise.allSettled(calls.map((call) => store.commit(key, JSON.stringify(call))))
      const kept = calls.filter((_, index) => commits[index]?.status === 'fulfilled')
      expect(kept).toHaveLength(1)
      expect(await store.get(key)).toMatchObject({ answer: JSON.stringify(kept[0]) })
    })

    test(proves('state:idempotency:expired', name), async () => {
      const { store } = subject
      const [answered, running] = [newKey(), newKey()]
      for (const key of [answered, running]) await store.reserve(key, entry('first'))
      await store.commit(answered, '"answer"')
      now = START + 59_999
      expect(await store.get(answered)).toMatchObject({ state: 'committed' })
      now = START + 60_000
      expect(await store.get(answered)).toBeUndefined()
      expect(await store.get(running), 'a reservation does not expire').toMatchObject({ state: 'reserved' })
      const again = Array.from({ length: 50 }, (_, index) => `again ${index}`)
      const standing = await Promise.all(again.map((call) => store.reserve(answered, entry(call))))
      expect(standing.filter((record) => record === undefined)).toHaveLength(1)
      now = START + 1_000_000 // long after, when what expired is cleared away
      expect(await store.reserve(running, entry('second'))).toMatchObject({ call: 'first' })
      expect(await store.reserve(answered, entry('third'))).toMatchObject({ state: 'reserved' })
      await store.commit(running, '"late"')
      expect(await store.get(running), 'and its answer is over by then').toBeUndefined()
      now = START
    })

    test(proves('state:idempotency:bounded', name), async () => {
      const { store } = subject
      const key = newKey()
      for (const bad of ['', 'x'.repeat(1025), 'a\u0000', '\ud800']) {
        await expect(store.reserve(bad, entry('call'))).rejects.toThrow(TypeError)
        await expect(store.reserve(key, entry(bad))).rejects.toThrow(TypeError)
        await expect(store.reserve(key, entry('call', bad))).rejects.toThrow(TypeError)
      }
      await expect(store.reserve(key, { ...entry('call'), expiresAt: 0.5 })).rejects.toThrow(TypeError)
      expect(await store.get(key), 'the refusals reserved nothing').toBeUndefined()
      await store.reserve(key, entry('call'))
      for (const bad of ['', '{', 'undefined', '"\ud800"'])
        await expect(store.commit(key, bad)).rejects.toThrow(TypeError)
      expect(await store.get(key)).toMatchObject({ state: 'reserved' })
    })

    test('an operator has no say in a call that runs', async () => {
      const { store } = subject
      const key = newKey()
      await store.reserve(key, entry('call'))
      expect(await store.unresolved()).toEqual([])
      expect(await store.resolve(key, 'did-not-happen')).toBe(false)
      expect(await store.resolve(newKey(), 'happened')).toBe(false)
      expect(await store.get(key)).toMatchObject({ state: 'reserved', call: 'call' })
    })

    test(proves('state:idempotency:closed', name), async () => {
      const other = await open(() => now)
      await other.store.reserve('key', entry('call'))
      await other.close()
      const refused = { code: 'state.unavailable' }
      await expect(other.store.get('key')).rejects.toMatchObject(refused)
      await expect(other.store.reserve('next', entry('call'))).rejects.toMatchObject(refused)
      await expect(other.store.commit('key', '1')).rejects.toMatchObject(refused)
      await expect(other.store.abandon('key', 'call')).rejects.toMatchObject(refused)
      await expect(other.store.release('key', 'call')).rejects.toMatchObject(refused)
      await expect(other.store.unresolved()).rejects.toMatchObject(refused)
      await expect(other.store.resolve('key', 'happened')).rejects.toMatchObject(refused)
    })
  })
}
