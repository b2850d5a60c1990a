import type { ApprovalConsent, ApprovalStore, Clock } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const person = (name: string) => ({ issuer: 'https://as.example', subject: `user:${name}`, actor: 'console' })
const [bob, carol] = [person('bob'), person('carol')]
const times = (count: number) => Array.from({ length: count }, (_, index) => index)

/** What a call is told of as. */
export const OBLIGED = {
  ...{ topic: 'security', call: 'call', trace: 'trace', tool: 'pay', actor: 'agent', policies: ['p'] },
  subject: { issuer: 'https://as.example', id: 'user:alice' },
} as const

/** A store under test. */
interface OpenedApprovals {
  readonly store: ApprovalStore
  /** Keeps notices of obligations called `many 0` and so on, as fast as it goes. Absent where another store has the same statements. */
  fill?(count: number): Promise<void>
  close(): Promise<void>
}

/** Runs what the outbox of every approval store must do. `open` is called once, with the clock that the test sets. */
export function approvalOutboxContract(name: string, open: (clock: Clock) => Promise<OpenedApprovals>): void {
  describe(`the outbox of approvals in ${name}`, () => {
    let now = 1_800_000_000_000
    let subject: Awaited<ReturnType<typeof open>>
    let made = 0
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    const request = (binding = `binding ${++made}`) => ({
      ...{ ...person('alice'), actor: 'agent', id: `id ${++made}`, binding, chain: [], tool: 'approveExpense' },
      ...{ needed: [{ relation: 'coApproverFor', of: 'dept', count: 2 }], asked: ['dept-42'], shown: [] },
      ...{ requestedAt: now, expiresAt: now + 60_000 },
    })
    const consentOf = (who = bob): ApprovalConsent => ({ ...who, at: now, relations: ['coApproverFor'] })
    const ask = (one: ReturnType<typeof request>, over = {}) =>
      subject.store.request(one, { caller: 1000, asked: 1000, notify: false, ...over })

    test(proves('state:approvals:outbox', name), async () => {
      const { store } = subject
      const { outbox } = store
      const drain = async () => {
        const events: string[] = []
        for (let notice = await outbox.take('approval', 1000); notice; notice = await outbox.take('approval', 1000)) {
          events.push(`${notice.event} ${notice.approval.id}`)
          await outbox.delivered(notice.id)
        }
        return events
      }
      const silent = request()
      await ask(silent)
      await store.withdraw(silent.id)
      expect(await drain(), 'nobody is told of what was not to be told').toEqual([])
      const told = { notify: true }
      const [one, two, three] = [request(), request(), request()]
      await ask(one, told)
      await ask(request(one.binding), told)
      await store.consent(one.id, 0, consentOf(), false)
      await store.consent(one.id, 0, consentOf(carol), false)
      await store.consent(one.id, 1, consentOf(carol), true)
      await store.use(one.id)
      await ask(two, told)
      await store.deny(two.id, bob, now)
      await ask(three, told)
      await store.withdraw(three.id)
      const decided = `decided ${one.id}`
      expect((await drain()).sort()).toEqual(
        [
          ...[`requested ${one.id}`, decided, decided],
          ...[`requested ${two.id}`, `decided ${two.id}`, `requested ${three.id}`, `withdrawn ${three.id}`],
        ].sort(),
      )
      const late = request()
      await ask(late, told)
      const before = now
      now += 60_000
      expect(await store.expire()).toBeGreaterThan(0)
      expect(await store.expire(), 'once').toBe(0)
      expect((await drain()).sort()).toEqual([`expired ${late.id}`, `requested ${late.id}`])
      now = before
    })

    test(proves('state:approvals:outbox', `${name}: at least once`), async () => {
      const { store } = subject
      const { outbox } = store
      const one = request()
      await ask(one, { notify: true })
      const taken = await Promise.all(times(50).map(() => outbox.take('approval', 5000)))
      const [notice, ...others] = taken.filter((each) => each !== undefined)
      expect(others, 'one at a time').toEqual([])
      expect(notice).toMatchObject({ event: 'requested', at: now, attempts: 1, approval: { id: one.id } })
      const before = now
      now += 4999
      expect(await outbox.take('approval', 5000)).toBeUndefined()
      now += 1
      const again = await outbox.take('approval', 5000)
      expect(again, 'when its holder died').toMatchObject({ id: notice?.id, attempts: 2 })
      await outbox.retry(again?.id ?? '', now + 9000)
      now += 8999
      expect(await outbox.take('approval', 1)).toBeUndefined()
      now += 1
      expect(await outbox.take('approval', 1)).toMatchObject({ id: notice?.id, attempts: 3 })
      await outbox.giveUp(notice?.id ?? '')
      now += 1_000_000
      expect(await outbox.take('approval', 1)).toBeUndefined()
      expect(await outbox.givenUp('approval'), 'visibly').toMatchObject([
        { id: notice?.id, approval: { state: 'expired' } },
      ])
      await outbox.delivered(notice?.id ?? '')
      now = before
    })

    test(proves('state:outbox:obliged', name), async () => {
      const { outbox } = subject.store
      const about = (id: string) => ({ ...OBLIGED, id, topic: 'a "topic"\u0000\ud800', at: now })
      expect(await Promise.all([about('n'), about('n')].map(outbox.put))).toEqual([true, true])
      expect(await outbox.take('approval', 5000), 'it is about no request').toBeUndefined()
      const waiting = request()
      await ask(waiting, { notify: true })
      now += 1
      expect(await outbox.put({ ...about('n'), tool: 'other' }), 'it is kept already').toBe(true)
      const [notice, ...others] = (await Promise.all(times(20).map(() => outbox.take('obligation', 5000)))).filter(
        (each) => each !== undefined,
      )
      expect(others, 'once').toEqual([])
      expect(notice).toEqual({
        id: 'n',
        event: 'obliged',
        at: now - 1,
        attempts: 1,
        obliged: { ...about('n'), at: now - 1 },
      })
      expect(await outbox.take('approval', 0), 'neither is the other').toMatchObject({ approval: { id: waiting.id } })
      expect(await outbox.givenUp('obligation')).toEqual([])
      await outbox.giveUp('n')
      now += 5000
      expect(await outbox.take('obligation', 5000)).toBeUndefined()
      expect(await outbox.givenUp('obligation'), 'visibly').toMatchObject([{ id: 'n', attempts: 1 }])
      expect((await outbox.givenUp('approval')).map(({ id }) => id)).not.toContain('n')
      const before = now
      now += 7 * 86_400_000 - 5_002
      await outbox.put(about('late'))
      expect(await outbox.givenUp('obligation')).toHaveLength(1)
      now += 20_000
      await outbox.put(about('later'))
      expect(await outbox.givenUp('obligation'), 'for a week').toEqual([])
      for (const id of ['late', 'later']) await outbox.delivered(id)
      await outbox.delivered(`${waiting.id}.requested`)
      now = before
      for (const wrong of [{ id: '' }, { id: 'a'.repeat(2000) }, { at: 1.5 }]) {
        await expect(outbox.put({ ...about('wrong'), ...wrong })).rejects.toThrow(TypeError)
      }
      expect(await outbox.take('obligation', 0)).toBeUndefined()
    })

    test(proves('state:outbox:obliged', `${name}: as many as may`), async () => {
      const { store, fill } = subject
      if (!fill) return
      const { outbox } = store
      const put = (index: number) => outbox.put({ ...OBLIGED, id: `many ${index}`, at: now })
      await fill(10_000)
      expect(await put(10_000), 'nobody would be told of it').toBe(false)
      expect(await put(9_999), 'it is kept already').toBe(true)
      await outbox.giveUp('many 7')
      expect(await put(10_000)).toBe(true)
      expect(await put(10_001)).toBe(false)
      await outbox.delivered('many 8')
      expect(await put(10_001)).toBe(true)
    })
  })
}
