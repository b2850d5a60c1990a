import type { Clock, SingleUseStore } from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: SingleUseStore
  close(): Promise<void>
}

/** Runs what every single-use store must do. `open` is called once per group of tests, with the clock that the test sets. */
export function singleUseContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000
  describe(name, () => {
    let now = START
    let subject: Subject
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    test(proves('state:single-use:once', name), async () => {
      expect(await subject.store.wasConsumed('txn', 'one')).toBe(false)
      expect(await subject.store.consume('txn', 'one', now + 60_000)).toBe(true)
      expect(await subject.store.wasConsumed('txn', 'one')).toBe(true)
      expect(await subject.store.wasConsumed('tx', 'none')).toBe(false)
      expect(await subject.store.consume('txn', 'one', now + 60_000)).toBe(false)
      expect(await subject.store.consume('txn', 'one', now + 90_000)).toBe(false)
    })

    test(proves('state:single-use:once', `${name}: any sequence agrees with a set`), async () => {
      const word = fc.string({ unit: fc.constantFrom('a', 'b', ':', '1', '\u0000', 'é'), minLength: 1, maxLength: 3 })
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(word, word), { maxLength: 12 }), async (pairs) => {
          run += 1
          const seen = new Set<string>()
          for (const [space, id] of pairs) {
            const fresh = !seen.has(JSON.stringify([space, id]))
            seen.add(JSON.stringify([space, id]))
            expect(await subject.store.consume(`${run}/${space}`, id, now + 60_000)).toBe(fresh)
          }
        }),
        { numRuns: runs(40) },
      )
    })

    test(proves('state:single-use:racers', name), async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => subject.store.consume('txn', 'raced', now + 60_000)),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    test(proves('state:single-use:bounded', name), async () => {
      const { store } = subject
      await expect(store.consume('txn', '', now + 1000)).rejects.toThrow(TypeError)
      await expect(store.consume('', 'id', now + 1000)).rejects.toThrow(TypeError)
      await expect(store.consume('txn', 'x'.repeat(1025), now + 1000)).rejects.toThrow(TypeError)
      await expect(store.consume('txn', 'timeless', Number.NaN)).rejects.toThrow(TypeError)
      await expect(store.consume('txn', 'timeless', Number.POSITIVE_INFINITY)).rejects.toThrow(TypeError)
      expect(await store.consume('txn', 'timeless', now + 1000), 'the refusals consumed nothing').toBe(true)
    })

    test(proves('state:single-use:expired', name), async () => {
      now = START + 500
      for (const over of [now, now - 1]) {
        expect(await subject.store.consume('txn', 'stillborn', over), 'it was never good').toBe(false)
      }
      now = START
      const expiresAt = now + 5_000
      expect(await subject.store.consume('txn', 'short', expiresAt)).toBe(true)
      now = expiresAt - 1
      expect(await subject.store.consume('txn', 'short', expiresAt)).toBe(false)
      now = expiresAt + 30_000
      expect(await subject.store.consume('txn', 'later', now + 60_000), 'the store goes on').toBe(true)
      expect(await subject.store.consume('txn', 'short', expiresAt)).toBe(false)
      now = START // a clock that is set back
      expect(await subject.store.consume('txn', 'short', expiresAt)).toBe(false)
      expect(await subject.store.consume('txn', 'later', START + 95_000)).toBe(false)
    })

    test(proves('state:single-use:closed', name), async () => {
      const other = await open(() => now)
      await other.close()
      await expect(other.store.consume('txn', 'after', now + 60_000)).rejects.toMatchObject({
        code: 'state.unavailable',
      })
    })
  })
}
