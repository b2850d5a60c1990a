import type { CallerKey, Clock, HistoryStore } from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: HistoryStore
  close(): Promise<void>
}

/** Runs what every history must do. `open` is called once per group of tests, with the clock that the test sets. */
export function historyContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000
  const alice: CallerKey = { issuer: 'https://as.example', subject: 'user:alice', actor: 'agent' }

  describe(`history in ${name}`, () => {
    let now = START
    let subject: Subject
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    test(proves('state:history:caller', name), async () => {
      const { store } = subject
      await store.raise(alice, ['confidential', 'bank', 'confidential'], now + 60_000)
      expect(await store.labels({ ...alice })).toEqual(['bank', 'confidential'])
      for (const other of [{ issuer: 'https://other' }, { subject: 'user:bob' }, { actor: 'another' }]) {
        expect(await store.labels({ ...alice, ...other })).toEqual([])
      }
      // The borders between the parts are kept, whatever characters they hold.
      expect(await store.labels({ issuer: 'https://as.example","user:alice', subject: 'x', actor: 'agent' })).toEqual(
        [],
      )
    })

    test(proves('state:history:caller', `${name}: any raises agree with a model`), async () => {
      const label = fc.constantFrom('a', 'b', 'é"', 'a,b', "'); --")
      const part = fc.constantFrom('x', 'y', 'x"', '{')
      const raise = fc.record({
        subject: part,
        actor: part,
        labels: fc.array(label, { maxLength: 3 }),
        ms: fc.nat(100),
      })
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(raise, { maxLength: 8 }), fc.nat(100), async (raises, later) => {
          run += 1
          const issuer = `run ${run}`
          const ends = new Map<string, number>()
          for (const { subject: who, actor, labels, ms } of raises) {
            await subject.store.raise({ issuer, subject: who, actor }, labels, START + ms)
            for (const raised of labels) {
              const key = JSON.stringify([who, actor, raised])
              ends.set(key, Math.max(ends.get(key) ?? 0, START + ms))
            }
          }
          now = START + later
          for (const { subject: who, actor } of raises) {
            const expected = ['a', 'b', 'é"', 'a,b', "'); --"]
              .filter((one) => (ends.get(JSON.stringify([who, actor, one])) ?? 0) > now)
              .sort()
            expect(await subject.store.labels({ issuer, subject: who, actor })).toEqual(expected)
          }
          now = START
        }),
        { numRuns: runs(30) },
      )
    })

    test(proves('state:history:caller', `${name}: many who are asked about at once`), async () => {
      const callers = Array.from({ length: 40 }, (_, index) => ({ ...alice, subject: `user:many ${index}` }))
      for (const [index, caller] of callers.entries()) {
        if (index % 3 > 0) await subject.store.raise(caller, [`z of ${index}`, `of ${index}`], now + 60_000)
      }
      const asked = [...callers, ...callers]
      const found = await Promise.all(asked.map((caller) => subject.store.labels(caller)))
      const expected = callers.map((_, index) => (index % 3 > 0 ? [`of ${index}`, `z of ${index}`] : []))
      expect(found).toEqual([...expected, ...expected])
    })

    test(proves('state:history:raised', name), async () => {
      const { store } = subject
      const lane = async (index: number) => {
        const caller = { ...alice, subject: `user:lane ${index % 3}` }
        for (let turn = 0; turn < 5; turn += 1) {
          const label = `lane ${index} turn ${turn}`
          await store.raise(caller, [label], now + 60_000)
          expect(await store.labels(caller), 'also while others of this caller are being answered').toContain(label)
        }
      }
      await Promise.all(Array.from({ length: 18 }, (_, index) => lane(index)))
    })

    test(proves('state:history:longest', name), async () => {
      const bob = { ...alice, subject: 'user:bob' }
      const ends = Array.from({ length: 50 }, (_, index) => now + 1_000 + ((index * 37) % 50) * 100)
      await Promise.all(ends.map((end) => subject.store.raise(bob, ['bank'], end)))
      const last = Math.max(...ends)
      now = last - 1
      expect(await subject.store.labels(bob)).toEqual(['bank'])
      now = last
      expect(await subject.store.labels(bob)).toEqual([])
      now = START
    })

    test(proves('state:history:clock', name), async () => {
      const carol = { ...alice, subject: 'user:carol' }
      await subject.store.raise(carol, ['bank'], now + 60_000)
      now = START + 3_600_000 // a clock that runs ahead, for long enough that expired labels are cleared away
      await subject.store.raise({ ...alice, subject: 'user:dave' }, ['bank'], now + 1)
      expect(await subject.store.labels(carol)).toEqual([])
      now = START
      expect(await subject.store.labels(carol)).toEqual(['bank'])
      now = START + 60_000 + 86_400_000
      await subject.store.raise({ ...alice, subject: 'user:dave' }, ['bank'], now + 1)
      now = START
      expect(await subject.store.labels(carol), 'after a day it is forgotten').toEqual([])
    })

    test(proves('state:history:bounded', name), async () => {
      const erin = { ...alice, subject: 'user:erin' }
      const { store } = subject
      for (const bad of ['', 'x'.repeat(1025), 'a\u0000', '\ud800']) {
        await expect(store.raise({ ...erin, actor: bad }, ['bank'], now + 1)).rejects.toThrow(TypeError)
        await expect(store.raise(erin, ['good', bad], now + 1)).rejects.toThrow(TypeError)
        await expect(store.labels({ ...erin, issuer: bad })).rejects.toThrow(TypeError)
      }
      await expect(store.raise(erin, ['good'], Number.NaN)).rejects.toThrow(TypeError)
      const many = Array.from({ length: 257 }, (_, index) => `label ${index}`)
      await expect(store.raise(erin, many, now + 1)).rejects.toThrow(TypeError)
      expect(await store.labels(erin), 'the refusals raised nothing').toEqual([])
    })

    test(proves('state:history:closed', name), async () => {
      const other = await open(() => now)
      await other.close()
      const refused = { code: 'state.unavailable' }
      await expect(other.store.raise(alice, ['bank'], now + 1)).rejects.toMatchObject(refused)
      await expect(other.store.labels(alice)).rejects.toMatchObject(refused)
    })
  })
}
