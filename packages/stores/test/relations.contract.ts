import type { RelationTuple, RelationTuples } from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: RelationTuples
  close(): Promise<void>
}

/** Somebody who follows a store by its deltas. */
export function createFollower(store: RelationTuples) {
  const known = new Map<string, RelationTuple>()
  let revision = 0
  return async (): Promise<{ readonly revision: number; readonly tuples: readonly string[] }> => {
    const delta = await store.since(revision)
    if (delta.whole) known.clear()
    for (const tuple of delta.removed) known.delete(text(tuple))
    for (const tuple of delta.written) known.set(text(tuple), tuple)
    revision = delta.revision
    return { revision, tuples: [...known.keys()].sort() }
  }
}

export const text = ({ user, relation, object }: RelationTuple) => `${object}#${relation}@${user}`
const tuple = (id: string, user = 'user:anne'): RelationTuple => ({ user, relation: 'viewer', object: `doc:${id}` })

/** Runs what every store of tuples must do. `open` opens an empty one. */
export function relationsContract(name: string, open: () => Promise<Subject>): void {
  describe(`relations in ${name}`, () => {
    let subject: Subject
    beforeAll(async () => {
      subject = await open()
    })
    afterAll(() => subject.close())

    test(proves('state:relations:together', name), async () => {
      const { store } = subject
      const before = (await store.since(0)).revision
      expect(await store.change({ writes: [tuple('a'), tuple('b', 'user:*')] })).toEqual({
        ok: true,
        revision: before + 1,
      })
      expect(await store.change({ writes: [tuple('c', 'group:g#member')], deletes: [tuple('a')] })).toEqual({
        ok: true,
        revision: before + 2,
      })
      const now = await createFollower(store)()
      expect(now.revision).toBe(before + 2)
      expect(now.tuples).toEqual(['doc:b#viewer@user:*', 'doc:c#viewer@group:g#member'])
      expect(await store.change({}), 'nothing is no change').toEqual({ ok: true, revision: before + 2 })
    })

    test(proves('state:relations:refused', name), async () => {
      const { store } = subject
      await store.change({ writes: [tuple('there')], onDuplicate: 'ignore' })
      const before = await createFollower(store)()
      const refused = (reason: string) => ({ ok: false, reason })
      expect(await store.change({ writes: [tuple('new'), tuple('there')] })).toEqual(refused('duplicate'))
      expect(await store.change({ writes: [tuple('new')], deletes: [tuple('gone')] })).toEqual(refused('missing'))
      expect(await createFollower(store)()).toEqual(before)
      expect(await store.change({ writes: [tuple('there')], onDuplicate: 'ignore' }), 'nothing changed').toEqual({
        ok: true,
        revision: before.revision,
      })
      expect(
        await store.change({
          writes: [tuple('new'), tuple('there')],
          deletes: [tuple('gone')],
          onDuplicate: 'ignore',
          onMissing: 'ignore',
        }),
      ).toEqual({ ok: true, revision: before.revision + 1 })
      const after = await createFollower(store)()
      expect(after.tuples).toEqual([...before.tuples, 'doc:new#viewer@user:anne'].sort())
    })

    test(proves('state:relations:since', `${name}: any changes, followed at any moments`), async () => {
      const one = fc.record({
        user: fc.constantFrom('user:a', 'user:é"', "user:'); --", 'group:g#member', 'user:*'),
        relation: fc.constantFrom('viewer', 'editor'),
        object: fc.constantFrom('doc:1', 'doc:2', 'doc:𝒳'),
      })
      const change = fc.record({
        tuples: fc.uniqueArray(one, { selector: text, maxLength: 4 }),
        writes: fc.nat(15),
        follow: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 10 }), async (changes) => {
          const { store } = subject
          const follow = createFollower(store)
          const model = new Set((await follow()).tuples)
          for (const { tuples, writes: bits, follow: now } of changes) {
            const writes = tuples.filter((_, index) => bits & (1 << index))
            const deletes = tuples.filter((one) => !writes.includes(one))
            await store.change({ writes, deletes, onDuplicate: 'ignore', onMissing: 'ignore' })
            for (const added of writes) model.add(text(added))
            for (const gone of deletes) model.delete(text(gone))
            if (now) expect((await follow()).tuples).toEqual([...model].sort())
          }
          const { revision, tuples } = await follow()
          expect(tuples).toEqual([...model].sort())
          expect(await createFollower(store)(), 'as somebody sees it who knew nothing').toEqual({ revision, tuples })
          const ahead = await store.since(revision + 5)
          expect([ahead.whole, ahead.revision], 'a revision that never was').toEqual([true, revision])
          expect(ahead.written.map(text).sort()).toEqual(tuples)
        }),
        { numRuns: runs(25) },
      )
    })

    test(proves('state:relations:racers', name), async () => {
      const { store } = subject
      const before = (await store.since(0)).revision
      const racers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.change({ writes: [tuple('race'), tuple(`race-${index}`)] })),
      )
      expect(racers.filter(({ ok }) => ok)).toEqual([{ ok: true, revision: before + 1 }])
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.change({ writes: [tuple(`other-${index}`)] })),
      )
      const revisions = all.map((outcome) => (outcome.ok ? outcome.revision : 0)).sort((a, b) => a - b)
      expect(revisions).toEqual(Array.from({ length: 10 }, (_, index) => before + 2 + index))
    })

    test(proves('state:relations:bounded', name), async () => {
      const { store } = subject
      const before = await createFollower(store)()
      for (const bad of ['', 'x'.repeat(513), 'user:a\u0000', 'user:\ud800', `user:${'é€'.repeat(250)}`]) {
        const long = { ...tuple('x'.repeat(250)), object: `doc:${'€'.repeat(250)}` }
        await expect(store.change({ writes: [tuple('fine'), { ...long, user: bad }] })).rejects.toThrow(TypeError)
        await expect(store.change({ deletes: [{ ...long, user: bad }] })).rejects.toThrow(TypeError)
      }
      await expect(store.change({ writes: [tuple('fine'), tuple('fine')] })).rejects.toThrow(TypeError)
      await expect(store.change({ writes: [tuple('fine')], deletes: [tuple('fine')] })).rejects.toThrow(TypeError)
      const many = Array.from({ length: 1_001 }, (_, index) => tuple(`many-${index}`))
      await expect(store.change({ writes: many })).rejects.toThrow(TypeError)
      for (const bad of [-1, 0.5, Number.NaN]) await expect(store.since(bad)).rejects.toThrow(TypeError)
      expect(await createFollower(store)(), 'the refusals changed nothing').toEqual(before)
    })

    test(proves('state:relations:closed', name), async () => {
      const other = await open()
      await other.close()
      const refused = { code: 'state.unavailable' }
      await expect(other.store.change({ writes: [tuple('a')] })).rejects.toMatchObject(refused)
      await expect(other.store.since(0)).rejects.toMatchObject(refused)
    })
  })
}
