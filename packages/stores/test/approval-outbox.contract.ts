import type { ApprovalConsent, ApprovalStore, Clock } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

const person = (name: string) => ({ issuer: 'https://as.example', subject: `user:${name}`, actor: 'console' })
const [bob, carol] = [person('bob'), person('carol')]
const times = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Runs what the outbox of every approval store must do. `open` is called once, with the clock that the test sets. */
export function approvalOutboxContract(
  name: string,
  open: (clock: Clock) => Promise<{ readonly store: ApprovalStore; close(): Promise<void> }>,
): void {
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
        for (let notice = await outbox.take(1000); notice; notice = await outbox.take(1000)) {
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
      const taken = await Promise.all(times(50).map(() => outbox.take(5000)))
      const [notice, ...others] = taken.filter((each) => each !== undefined)
      expect(others, 'one at a time').toEqual([])
      expect(notice).toMatchObject({ event: 'requested', at: now, attempts: 1, approval: { id: one.id } })
      const before = now
      now += 4999
      expect(await outbox.take(5000)).toBeUndefined()
      now += 1
      const again = await outbox.take(5000)
      expect(again, 'when its holder died').toMatchObject({ id: notice?.id, attempts: 2 })
      await outbox.retry(again?.id ?? '', now + 9000)
      now += 8999
      expect(await outbox.take(1)).toBeUndefined()
      now += 1
      expect(await outbox.take(1)).toMatchObject({ id: notice?.id, attempts: 3 })
      await outbox.giveUp(notice?.id ?? '')
      now += 1_000_000
      expect(await outbox.take(1)).toBeUndefined()
      expect(await outbox.givenUp(), 'visibly').toMatchObject([{ id: notice?.id, approval: { state: 'expired' } }])
      await outbox.delivered(notice?.id ?? '')
      now = before
    })
  })
}
