import {
  type Clock,
  type RevocationStore,
  revocableName,
  type SingleUse,
  type SingleUseStore,
  standingUnder,
} from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: SingleUseStore
  readonly revocations: RevocationStore
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

    const use = (id: string, expiresAt = now + 60_000, space: SingleUse['space'] = 'txn'): SingleUse => ({
      space,
      id,
      issuedAt: now,
      expiresAt,
      standing: [],
    })
    const consume = (...given: Parameters<typeof use>) => subject.store.consume(use(...given))

    test(proves('state:single-use:once', name), async () => {
      expect(await subject.store.wasConsumed('txn', 'one')).toBe(false)
      expect(await consume('one')).toBe('consumed')
      expect(await subject.store.wasConsumed('txn', 'one')).toBe(true)
      expect(await subject.store.wasConsumed('txn', 'none')).toBe(false)
      expect(await consume('one')).toBe('used')
      expect(await consume('one', now + 90_000)).toBe('used')
    })

    test(proves('state:single-use:once', `${name}: any sequence agrees with a set`), async () => {
      const word = fc.string({ unit: fc.constantFrom('a', 'b', ':', '1', '\u0000', 'é'), minLength: 1, maxLength: 3 })
      const space = fc.constantFrom('dpop' as const, 'txn' as const)
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(space, word), { maxLength: 12 }), async (pairs) => {
          run += 1
          const seen = new Set<string>()
          for (const [where, id] of pairs) {
            const fresh = !seen.has(JSON.stringify([where, id]))
            seen.add(JSON.stringify([where, id]))
            expect(await consume(`${run}/${id}`, now + 60_000, where)).toBe(fresh ? 'consumed' : 'used')
          }
        }),
        { numRuns: runs(40) },
      )
    })

    test(proves('state:single-use:once', `${name}: ids of every length`), async () => {
      for (const length of [1, 127, 128, 129, 1_024]) {
        const ids = ['a', 'b'].map((end) => 'x'.repeat(length - 1) + end)
        for (const id of ids) expect(await consume(id), `${length}`).toBe('consumed')
        for (const id of ids) expect(await subject.store.wasConsumed('txn', id), `${length}`).toBe(true)
        for (const id of ids) expect(await consume(id), `${length}`).toBe('used')
        for (const id of ids) expect(await subject.store.wasConsumed('dpop', id), `${length}`).toBe(false)
      }
    })

    test.each(['dpop', 'txn'] as const)(proves('state:single-use:racers', `${name}: %s`), async (space) => {
      // Many ids at once, each by many: also when they travel together.
      const ids = Array.from({ length: 400 }, (_, index) => `raced ${index % 20}`)
      const answers = await Promise.all(ids.map((id) => consume(id, now + 60_000, space)))
      const winners = ids.filter((_, index) => answers[index] === 'consumed')
      expect([...winners].sort()).toEqual([...new Set(ids)].sort())
      expect(answers.filter((answer) => answer === 'used')).toHaveLength(380)
    })

    test(proves('state:single-use:bounded', name), async () => {
      const { store } = subject
      const good = use('timeless', now + 1000)
      const bad: readonly object[] = [
        { id: '' },
        { id: 'x'.repeat(1025) },
        { id: 1 },
        { space: 'nonce' },
        { expiresAt: Number.NaN },
        { expiresAt: Number.POSITIVE_INFINITY },
        { issuedAt: 0.5 },
        { standing: [{ name: 'user:alice', issuedAt: now }] },
        { standing: Array.from({ length: 65 }, () => ({ name: revocableName('everything'), issuedAt: now })) },
      ]
      for (const change of bad) {
        await expect(store.consume({ ...good, ...change }), JSON.stringify(change)).rejects.toThrow(TypeError)
      }
      await expect(subject.revocations.revoke('user:alice', now)).rejects.toThrow(TypeError)
      await expect(subject.revocations.revoke(revocableName('everything'), Number.NaN)).rejects.toThrow(TypeError)
      expect(await store.consume(good), 'the refusals consumed nothing').toBe('consumed')
    })

    test(proves('state:revocation:consumed', name), async () => {
      const { store, revocations } = subject
      const issued = START / 1000
      const alice = { subject: { issuer: 'https://as.example', id: 'user:alice' } }
      const planner = { actor: 'planner' }
      const standing = (at: number) => standingUnder(at, [alice, planner])
      await revocations.revoke(revocableName({ actor: 'another' }), START)
      expect(await store.consume({ ...use('before'), standing: standing(issued) })).toBe('consumed')
      await revocations.revoke(revocableName(alice), START)
      await revocations.revoke(revocableName(alice), START - 5_000)
      for (const space of ['txn', 'dpop'] as const) {
        const token = { ...use(`minted before ${space}`, now + 60_000, space) }
        for (const at of [issued, issued - 1]) {
          expect(await store.consume({ ...token, standing: standing(at) })).toBe('revoked')
        }
        expect(await store.consume({ ...token, standing: standing(issued + 1) }), 'nothing was used up').toBe(
          'consumed',
        )
      }
      expect(await store.isRevoked(standing(issued))).toBe(true)
      expect(await store.isRevoked(standing(issued + 1))).toBe(false)
      expect(await store.isRevoked(standingUnder(issued, [planner])), 'others stand').toBe(false)
      expect(await store.consume({ ...use('before'), standing: standing(issued + 1) })).toBe('used')
    })

    test(proves('state:revocation:epoch', name), async () => {
      const other = await open(() => now)
      const issued = START / 1000
      await other.revocations.revoke(revocableName('everything'), START)
      for (const at of [issued, issued + 1]) {
        const stale = at === issued
        expect(await other.store.isRevoked(standingUnder(at, []))).toBe(stale)
        expect(await other.store.consume({ ...use('of an epoch'), standing: standingUnder(at, []) })).toBe(
          stale ? 'revoked' : 'consumed',
        )
      }
      await other.close()
    })

    test(proves('state:single-use:expired', name), async () => {
      now = START + 500
      for (const over of [now, now - 1]) {
        expect(await consume('stillborn', over), 'it was never good').toBe('used')
      }
      now = START
      const expiresAt = now + 5_000
      expect(await consume('short', expiresAt)).toBe('consumed')
      now = expiresAt - 1
      expect(await consume('short', expiresAt)).toBe('used')
      now = expiresAt + 1_000_000 // long after, when what expired is cleared away
      expect(await consume('later'), 'the store goes on').toBe('consumed')
      expect(await consume('short', expiresAt)).toBe('used')
      now = START // a clock that is set back
      expect(await consume('short', expiresAt)).toBe('used')
      expect(await consume('later', START + 1_065_000)).toBe('used')
    })

    test(proves('state:single-use:closed', name), async () => {
      const other = await open(() => now)
      await other.close()
      const refused = { code: 'state.unavailable' }
      for (const space of ['txn', 'dpop'] as const) {
        await expect(other.store.consume(use('after', now + 60_000, space))).rejects.toMatchObject(refused)
      }
      await expect(other.store.wasConsumed('txn', 'after')).rejects.toMatchObject(refused)
      await expect(other.store.isRevoked(standingUnder(0, []))).rejects.toMatchObject(refused)
      await expect(other.revocations.revoke(revocableName('everything'), now)).rejects.toMatchObject(refused)
    })
  })
}
