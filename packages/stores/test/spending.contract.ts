import type { Clock, SpendingReservation, SpendingStore } from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: SpendingStore
  close(): Promise<void>
}

const START = 1_800_000_000_000
const DAY = 86_400_000
let made = 0
const unique = (name: string) => {
  made += 1
  return `${name} ${made}`
}

/** Reads a counter as a caller does, and reserves on those grounds. */
async function take(
  store: SpendingStore,
  counter: string,
  amount: number,
  at: number,
  more: Partial<SpendingReservation> = {},
) {
  const call = more.call ?? unique('call')
  const { spent } = await store.read({ at, counters: [{ counter, window: DAY }] })
  const reservation = {
    ...{ call, at, expiresAt: at + 30_000 },
    amounts: [{ counter, window: DAY, amount, last: spent[0]?.last }],
    ...more,
  }
  return { call, reservation, before: spent[0]?.amount ?? 0, taken: await store.reserve(reservation) }
}

/** Runs what everything that remembers spending must do. `open` is called once per group of tests, with the clock that the test sets. */
export function spendingContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  describe(`spending in ${name}`, () => {
    let now = START
    let subject: Subject
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())
    const sum = async (counter: string, at = now, window = DAY) =>
      (await subject.store.read({ at, counters: [{ counter, window }] })).spent[0]?.amount

    test(proves('state:spending:window', name), async () => {
      const counter = unique('paid')
      expect(await sum(counter)).toBe(0)
      for (const [amount, at] of [
        [100, now],
        [20, now + 1000],
        [3, now + 2000],
      ] as const) {
        const { taken, reservation } = await take(subject.store, counter, amount, at)
        expect(taken).toBe(true)
        await subject.store.settle(reservation.call)
      }
      expect(await sum(counter, now + DAY - 1)).toBe(123)
      expect(await sum(counter, now + DAY), 'what lies as long ago as the window is out').toBe(23)
      expect(await sum(counter, now + DAY + 1999)).toBe(3)
      expect(await sum(counter, now + DAY + 2000)).toBe(0)
      expect(await sum(counter, now + DAY - 1, 1)).toBe(0)
      expect(await sum(unique('another'))).toBe(0)
      // A clock that is set back: what was spent after it counts all the same.
      expect(await sum(counter, now - 5000)).toBe(123)
    })

    test(proves('state:spending:compare', name), async () => {
      const [a, b] = [unique('a'), unique('b')]
      const read = await subject.store.read({
        at: now,
        counters: [
          { counter: a, window: DAY },
          { counter: b, window: DAY },
        ],
      })
      expect(read.spent).toEqual([
        { counter: a, amount: 0 },
        { counter: b, amount: 0 },
      ])
      const both = (call: string, amount: number): SpendingReservation => ({
        ...{ call, at: now, expiresAt: now + 1 },
        amounts: read.spent.map(({ counter, last }) => ({ counter, window: DAY, amount, last })),
        uses: { of: a, names: [call], remember: DAY },
      })
      expect((await take(subject.store, b, 7, now)).taken).toBe(true)
      expect(await subject.store.reserve(both('late', 5)), 'somebody reserved of one of them').toBe(false)
      expect([await sum(a), await sum(b)], 'nothing of it was taken').toEqual([0, 7])
      const uses = { of: a, names: ['late'], since: 0 }
      expect((await subject.store.read({ at: now, counters: [], uses })).uses).toEqual([])
      expect(await subject.store.reserve(both('later', 5)), 'not even what was free').toBe(false)
    })

    test(proves('state:spending:compare', `${name}, with a call that comes again`), async () => {
      const [a, b] = [unique('a'), unique('b')]
      const readBoth = async () => {
        const counters = [a, b].map((counter) => ({ counter, window: DAY }))
        return (await subject.store.read({ at: now, counters })).spent
      }
      const both = (read: Awaited<ReturnType<typeof readBoth>>, amount: number): SpendingReservation => ({
        ...{ call: 'again and again', at: now, expiresAt: now + 1 },
        amounts: read.map(({ counter, last }) => ({ counter, window: DAY, amount, last })),
      })
      const first = await readBoth()
      await take(subject.store, b, 7, now)
      expect(await subject.store.reserve(both(first, 5))).toBe(false)
      // somebody reads what the refused attempt left, and the same call succeeds before they reserve
      const [seen] = await readBoth()
      expect(await subject.store.reserve(both(await readBoth(), 5))).toBe(true)
      const amounts = [{ counter: a, window: DAY, amount: 9, last: seen?.last }]
      const late = { call: 'late', at: now, expiresAt: now + 1, amounts }
      expect(await subject.store.reserve(late), 'it decided without those 5').toBe(false)
      expect([await sum(a), await sum(b)]).toEqual([5, 12])
    })

    test(proves('state:spending:race', name), async () => {
      const counter = unique('race')
      const { spent } = await subject.store.read({ at: now, counters: [{ counter, window: DAY }] })
      const amounts = [{ counter, window: DAY, amount: 1000, last: spent[0]?.last }]
      const taken = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          subject.store.reserve({ call: `${counter} ${index}`, at: now, expiresAt: now + 1, amounts }),
        ),
      )
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect(await sum(counter)).toBe(1000)
      // Callers who decide on what they read, each again until it is settled: nobody is let through beyond the limit.
      const limit = 8_000
      const permitted = await Promise.all(
        Array.from({ length: 12 }, async () => {
          for (;;) {
            const { spent: read } = await subject.store.read({ at: now, counters: [{ counter, window: DAY }] })
            if ((read[0]?.amount ?? 0) + 1000 > limit) return false
            const call = unique('racer')
            const asked = [{ counter, window: DAY, amount: 1000, last: read[0]?.last }]
            if (await subject.store.reserve({ call, at: now, expiresAt: now + 1, amounts: asked })) return true
          }
        }),
      )
      expect(permitted.filter(Boolean)).toHaveLength(7)
      expect(await sum(counter)).toBe(limit)
    })

    test(proves('state:spending:release', name), async () => {
      const counter = unique('released')
      const uses = { of: counter, names: ['tool'], remember: DAY }
      const used = async () =>
        (await subject.store.read({ at: now, counters: [], uses: { of: counter, names: ['tool'], since: 0 } })).uses
      const first = await take(subject.store, counter, 40, now, { uses })
      const second = await take(subject.store, counter, 2, now, { uses })
      expect([await sum(counter), (await used())[0]?.times]).toEqual([42, 2])
      await subject.store.release(first.reservation)
      await subject.store.release(first.reservation)
      expect([await sum(counter), (await used())[0]?.times], 'once, however often it is said').toEqual([2, 1])
      await subject.store.settle(second.call)
      await subject.store.release(second.reservation)
      expect([await sum(counter), (await used())[0]?.times], 'what was settled stays').toEqual([2, 1])
      const third = await take(subject.store, unique('other'), 1, now, { uses: { ...uses, names: ['new'] } })
      await subject.store.release(third.reservation)
      const gone = await subject.store.read({ at: now, counters: [], uses: { of: counter, names: ['new'], since: 0 } })
      expect(gone.uses, 'a first use that was none').toEqual([])
    })

    test(proves('state:spending:unknown', name), async () => {
      const counter = unique('crashed')
      const { call, taken } = await take(subject.store, counter, 9, now)
      const other = await take(subject.store, counter, 1, now)
      await subject.store.settle(other.call)
      expect(taken).toBe(true)
      const listed = async () => (await subject.store.unresolved()).map((one) => one.call)
      expect(await listed(), 'it may still run').not.toContain(call)
      expect(await subject.store.resolve(call, 'did-not-happen')).toBe(false)
      now += 30_000
      expect(await listed()).toContain(call)
      expect(await listed()).not.toContain(other.call)
      expect(await sum(counter), 'it counts until somebody knows').toBe(10)
      expect(await subject.store.resolve(call, 'did-not-happen')).toBe(true)
      expect(await subject.store.resolve(call, 'did-not-happen')).toBe(false)
      expect(await subject.store.resolve(other.call, 'did-not-happen'), 'what is settled is known').toBe(false)
      expect(await sum(counter)).toBe(1)
      const again = await take(subject.store, counter, 5, now)
      now += 30_000
      expect(await subject.store.resolve(again.call, 'happened')).toBe(true)
      expect(await listed()).not.toContain(again.call)
      expect(await sum(counter)).toBe(6)
      now = START
    })

    test(proves('state:spending:uses', name), async () => {
      const of = unique('somebody')
      const use = (names: string[], at: number) =>
        subject.store.reserve({
          ...{ call: unique('use'), at, expiresAt: at, amounts: [] },
          uses: { of, names, remember: DAY },
        })
      const read = async (names: string[], since = 0, prefix?: string) =>
        (await subject.store.read({ at: now, counters: [], uses: { of, names, since, prefix } })).uses
      await use(['tool a', 'hour 1'], now)
      await use(['tool a', 'hour 2'], now + 500)
      await use(['tool b', "hour'_%"], now + 100)
      expect(await read(['tool a', 'tool c'])).toEqual([{ name: 'tool a', first: now, last: now + 500, times: 2 }])
      expect((await read([], 0, 'hour')).map((one) => one.name)).toEqual(['hour 1', 'hour 2', "hour'_%"])
      expect(await read([], 0, 'hour_'), 'a prefix is no pattern').toEqual([])
      expect((await read(['tool a', 'tool b'], now + 101)).map((one) => one.name)).toEqual(['tool a'])
      // What was not used for as long as it is remembered begins anew.
      await use(['tool b'], now + 101 + DAY)
      expect(await read(['tool b'])).toEqual([
        { name: 'tool b', first: now + 101 + DAY, last: now + 101 + DAY, times: 1 },
      ])
    })

    test(proves('state:spending:clock', name), async () => {
      const counter = unique('clock')
      await take(subject.store, counter, 10, now)
      now = START + DAY + 3_600_000 // ahead, for long enough that what left its window is cleared away
      await take(subject.store, unique('another'), 1, now)
      expect(await sum(counter)).toBe(0)
      now = START
      expect(await sum(counter), 'set back, it counts again').toBe(10)
      now = START + 3 * DAY
      await take(subject.store, unique('another'), 1, now)
      now = START
      expect(await sum(counter), 'a day after its window it is forgotten').toBe(0)
    })

    test(proves('state:spending:never-exceeded', name), async () => {
      const step = fc.oneof(
        fc.record({ do: fc.constant('read' as const), who: fc.nat(3), amount: fc.nat(6) }),
        fc.record({ do: fc.constantFrom('reserve' as const, 'settle' as const, 'release' as const), who: fc.nat(3) }),
        fc.record({ do: fc.constant('clock' as const), by: fc.integer({ min: -30, max: 30 }) }),
        fc.record({ do: fc.constant('resolve' as const), who: fc.nat(3) }),
      )
      const [limit, window] = [10, 20]
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const counter = unique('property')
          now = START
          const asked = new Map<number, SpendingReservation>()
          const running = new Map<number, SpendingReservation>()
          /** Everything that was let through and not given back, in that order. */
          let permitted: { readonly call: string; readonly at: number; readonly amount: number }[] = []
          const giveBack = (call: string) => {
            permitted = permitted.filter((one) => one.call !== call)
          }
          for (const one of steps) {
            if (one.do === 'clock') now += one.by
            else if (one.do === 'read') {
              const { spent } = await subject.store.read({ at: now, counters: [{ counter, window }] })
              // The policy: not beyond the limit, this call included.
              asked.delete(one.who)
              if ((spent[0]?.amount ?? 0) + one.amount > limit) continue
              const amounts = [{ counter, window, amount: one.amount, last: spent[0]?.last }]
              asked.set(one.who, { call: unique('call'), at: now, expiresAt: now + 5, amounts })
            } else if (one.do === 'reserve') {
              const reservation = asked.get(one.who)
              if (!reservation || running.has(one.who)) continue
              asked.delete(one.who)
              if (!(await subject.store.reserve(reservation))) continue
              running.set(one.who, reservation)
              permitted.push({ ...reservation, amount: reservation.amounts[0]?.amount ?? 0 })
            } else {
              const reservation = running.get(one.who)
              if (!reservation) continue
              if (one.do === 'settle') await subject.store.settle(reservation.call)
              if (one.do === 'release') {
                await subject.store.release(reservation)
                giveBack(reservation.call)
              }
              // A crash: the call is forgotten here, and an operator gives it back once it counts as unknown.
              if (one.do === 'resolve' && (await subject.store.resolve(reservation.call, 'did-not-happen')))
                giveBack(reservation.call)
              running.delete(one.who)
            }
            for (const last of permitted) {
              const inWindow = permitted.filter(({ at }) => at > last.at - window && at <= last.at)
              expect(inWindow.reduce((total, { amount }) => total + amount, 0)).toBeLessThanOrEqual(limit)
            }
            const counted = permitted.filter(({ at }) => at > now - window)
            expect(await sum(counter, now, window)).toBe(counted.reduce((total, { amount }) => total + amount, 0))
          }
        }),
        { numRuns: runs(25) },
      )
      now = START
    })

    test(proves('state:spending:bounded', name), async () => {
      const counter = unique('bounded')
      const good = { call: unique('call'), at: now, expiresAt: now, amounts: [{ counter, window: DAY, amount: 1 }] }
      for (const amount of [
        -1,
        1.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 53,
        '5',
        null,
        true,
        [],
        { valueOf: () => 1 },
      ]) {
        const amounts = [{ counter, window: DAY, amount: amount as number }]
        await expect(subject.store.reserve({ ...good, amounts })).rejects.toThrow(TypeError)
      }
      for (const change of [{ at: 1.5 }, { call: '' }, { call: 'a\u0000' }, { expiresAt: Number.NaN }]) {
        await expect(subject.store.reserve({ ...good, ...change })).rejects.toThrow(TypeError)
      }
      const twice = { ...good, amounts: [...good.amounts, ...good.amounts] }
      await expect(subject.store.reserve(twice)).rejects.toThrow(TypeError)
      await expect(sum(counter, now, 0)).rejects.toThrow(TypeError)
      expect(await sum(counter), 'the refusals took nothing').toBe(0)
      const most = { ...good, amounts: [{ counter, window: DAY, amount: Number.MAX_SAFE_INTEGER }] }
      expect(await subject.store.reserve(most)).toBe(true)
      expect((await take(subject.store, counter, 5, now)).taken).toBe(true)
      expect(await sum(counter), 'no sum is more than can be told exactly').toBe(Number.MAX_SAFE_INTEGER)
    })

    test(proves('state:spending:closed', name), async () => {
      const other = await open(() => now)
      await other.close()
      const refused = { code: 'state.unavailable' }
      const reservation = { call: 'call', at: now, expiresAt: now, amounts: [] }
      await expect(other.store.read({ at: now, counters: [] })).rejects.toMatchObject(refused)
      await expect(other.store.reserve(reservation)).rejects.toMatchObject(refused)
      await expect(other.store.settle('call')).rejects.toMatchObject(refused)
      await expect(other.store.release(reservation)).rejects.toMatchObject(refused)
      await expect(other.store.unresolved()).rejects.toMatchObject(refused)
      await expect(other.store.resolve('call', 'happened')).rejects.toMatchObject(refused)
    })
  })
}
