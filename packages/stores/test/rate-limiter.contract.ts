import type { RateLimiter } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PATIENT } from '../../../test/patient.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test: two processes' views of it, which are the same one where a process keeps it alone. */
interface Subject {
  readonly here: RateLimiter
  readonly there: RateLimiter
  /** Everything that the store holds, as text. */
  readonly dump: () => Promise<string>
  /** Takes the store away; counting must then be refused. */
  readonly lose: () => Promise<void>
}

/** Runs what every rate limiter must do. */
export function rateLimiterContract(name: string, open: () => Promise<Subject>): void {
  const minute = { points: 3, seconds: 60 }
  describe(name, () => {
    let subject: Subject
    beforeAll(async () => {
      subject = await open()
    })
    afterAll(() => subject.lose())

    test(proves('admission:limits:store', `${name}: up to the limit, then until the window ends`), async () => {
      const { here, there } = subject
      expect([await here.take('a', 'ann', minute), await there.take('a', 'ann', minute)]).toEqual([0, 0])
      expect(await here.take('a', 'ann', minute)).toBe(0)
      const wait = await there.take('a', 'ann', minute)
      expect(wait).toBeGreaterThan(30_000)
      expect(wait).toBeLessThanOrEqual(60_000)
      for (let again = 0; again < 20; again += 1) {
        // What is refused does not make the window longer.
        expect(await here.take('a', 'ann', minute)).toBeLessThanOrEqual(wait)
      }
    })

    test(proves('admission:limits:store', `${name}: names and keys do not meet`), async () => {
      const { here } = subject
      const once = { points: 1, seconds: 60 }
      for (const [limit, key] of [
        ['b', 'ann'],
        ['b', 'bob'],
        ['b', ''],
        ['b', `${'x'.repeat(5000)}1`],
        ['b', `${'x'.repeat(5000)}2`],
        ['b', 'ann\u0000'],
        ['c', 'ann'],
      ] as const) {
        expect(await here.take(limit, key, once), `${limit} ${key.slice(-5)}`).toBe(0)
        expect(await here.take(limit, key, once), `${limit} ${key.slice(-5)}`).toBeGreaterThan(0)
      }
      expect(await subject.dump(), 'the store shows nobody').not.toMatch(/ann|bob|xxxx/)
    })

    test(proves('admission:limits:store', `${name}: racers`), async () => {
      const limit = { points: 7, seconds: 60 }
      const waits = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          (index % 2 === 0 ? subject.here : subject.there).take('race', 'ann', limit),
        ),
      )
      expect(waits.filter((wait) => wait === 0)).toHaveLength(7)
    })

    test(proves('admission:limits:store', `${name}: a window ends`), async () => {
      const second = { points: 1, seconds: 1 }
      expect(await subject.here.take('short', 'ann', second)).toBe(0)
      await expect.poll(() => subject.here.take('short', 'ann', second), { ...PATIENT, interval: 100 }).toBe(0)
    })

    test(proves('admission:limits:configured', name), async () => {
      for (const limit of [
        { points: 0, seconds: 1 },
        { points: 1.5, seconds: 1 },
        { points: 1, seconds: 0 },
        { points: 1, seconds: 86_401 },
      ]) {
        await expect(subject.here.take('odd', 'ann', limit)).rejects.toThrow(TypeError)
      }
    })

    test(proves('admission:limits:down', name), async () => {
      const lost = await open()
      await lost.here.take('d', 'ann', minute)
      await lost.lose()
      await expect(lost.here.take('d', 'bob', minute)).rejects.toMatchObject({ code: 'state.unavailable' })
    })
  })
}
