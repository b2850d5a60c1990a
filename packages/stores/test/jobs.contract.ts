import { type Clock, type JobGrant, type JobStore, type RevocationStore, revocableName } from '@lockstep/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'

/** A store under test. */
interface Subject {
  readonly store: JobStore
  readonly revocations: RevocationStore
  close(): Promise<void>
}

/** Runs what every store of jobs must do. `open` is called once per group of tests, with the clock that the test sets. */
export function jobsContract(name: string, open: (clock: Clock) => Promise<Subject>): void {
  const START = 1_800_000_000_000
  const times = (count: number) => Array.from({ length: count }, (_, index) => index)

  describe(`jobs in ${name}`, () => {
    let now = START
    let subject: Subject
    let made = 0
    beforeAll(async () => {
      subject = await open(() => now)
    })
    afterAll(() => subject.close())

    async function granted(options: Partial<JobGrant> = {}): Promise<JobGrant> {
      made += 1
      const grant: JobGrant = {
        id: `id ${made}`,
        digest: `digest ${made}`,
        issuer: 'https://as.example',
        subject: 'user:alice',
        actor: 'agent',
        tool: 'sendReport',
        purpose: 'send the report',
        call: `call ${made}`,
        trace: '0'.repeat(32),
        grantedAt: now,
        expiresAt: now + 60_000,
        mostStarts: 2,
        ...options,
      }
      await subject.store.grant(grant)
      return grant
    }
    const lease = (runner = 'runner', until = now + 30_000) => ({ runner, until })
    const start = ({ id, digest }: JobGrant, runner = 'runner') => subject.store.start(id, digest, lease(runner), [])

    test(proves('state:jobs:once', name), async () => {
      const { store } = subject
      const grant = await granted()
      const { id, digest } = grant
      expect(await store.get(id)).toEqual({ ...grant, state: 'waiting', starts: 0, changedAt: now })
      await expect(store.grant(grant)).rejects.toMatchObject({ code: 'state.unavailable' })
      expect(await store.start(id, 'another digest', lease(), []), 'altered').toBe('absent')
      expect(await store.start('another id', digest, lease(), []), 'nobody granted it').toBe('absent')
      expect(await start(grant)).toBe('started')
      expect(await start(grant, 'second')).toBe('running')
      expect(await store.get(id)).toMatchObject({ state: 'running', starts: 1 })
      expect(await store.end(id, 'second', 'completed')).toBe(false)
      expect(await store.end(id, 'runner', 'completed', '{"sent":true}')).toBe(true)
      expect(await store.end(id, 'runner', 'failed')).toBe(false)
      expect(await start(grant)).toBe('completed')
      const ended = { ...grant, state: 'completed', starts: 1, changedAt: now, answer: '{"sent":true}' }
      expect(await store.get(id)).toEqual(ended)
      expect(await store.cancel(id)).toBe(false)
      expect(await store.resolve(id, 'did-not-happen')).toBe(false)
      expect(await store.get(id)).toEqual(ended)
    })

    test(proves('state:jobs:racers', name), async () => {
      const { store } = subject
      const grant = await granted()
      const starts = await Promise.all(times(50).map((index) => start(grant, `runner ${index}`)))
      expect(starts.filter((one) => one === 'started')).toHaveLength(1)
      expect(starts.filter((one) => one === 'running')).toHaveLength(49)
      const runner = `runner ${starts.indexOf('started')}`
      const ends = await Promise.all(times(50).map(() => store.end(grant.id, runner, 'completed')))
      expect(ends.filter(Boolean)).toHaveLength(1)
    })

    test(proves('state:jobs:counted', name), async () => {
      const { store } = subject
      const grant = await granted()
      expect(await start(grant)).toBe('started')
      expect(await store.end(grant.id, 'runner', 'not-started')).toBe(true)
      expect(await store.get(grant.id)).toMatchObject({ state: 'waiting', starts: 0 })
      for (const state of ['waiting', 'failed']) {
        expect(await start(grant)).toBe('started')
        expect(await store.end(grant.id, 'runner', 'failed', '{"code":"x"}')).toBe(true)
        expect(await store.get(grant.id)).toMatchObject({ state })
      }
      expect(await start(grant)).toBe('failed')
      expect(await store.get(grant.id)).toMatchObject({ starts: 2, answer: '{"code":"x"}' })
      const refused = await granted()
      await start(refused)
      expect(await store.end(refused.id, 'runner', 'refused', '{"code":"y"}')).toBe(true)
      expect(await store.get(refused.id)).toMatchObject({ state: 'failed', starts: 1, answer: '{"code":"y"}' })
      // What did not happen, by an operator's word, does not count.
      const crashed = await granted({ mostStarts: 1 })
      await start(crashed)
      await store.end(crashed.id, 'runner', 'unknown')
      expect(await store.get(crashed.id)).toMatchObject({ state: 'unknown', run: 'runner' })
      await store.resolve(crashed.id, 'did-not-happen')
      expect(await store.get(crashed.id)).toMatchObject({ state: 'waiting', starts: 0 })
      expect(await start(crashed)).toBe('started')
    })

    test(proves('state:jobs:cancelled', name), async () => {
      const { store } = subject
      const [waiting, running] = [await granted(), await granted()]
      await start(running)
      for (const grant of [waiting, running]) {
        const cancels = await Promise.all(times(10).map(() => store.cancel(grant.id)))
        expect(cancels.filter(Boolean)).toHaveLength(1)
        expect(await start(grant)).toBe('cancelled')
      }
      expect(await store.renew(running.id, lease())).toBe(false)
      expect(await store.end(running.id, 'runner', 'completed')).toBe(false)
      expect(await store.get(running.id)).toMatchObject({ state: 'cancelled' })
    })

    test(proves('state:jobs:lease', name), async () => {
      const { store } = subject
      const grant = await granted({ expiresAt: now + 600_000 })
      await start(grant)
      now += 20_000
      expect(await store.renew(grant.id, lease('other'))).toBe(false)
      expect(await store.renew(grant.id, lease())).toBe(true)
      now += 29_999
      expect(await store.get(grant.id)).toMatchObject({ state: 'running' })
      now += 1
      expect(await store.get(grant.id)).toMatchObject({ state: 'unknown' })
      expect(await store.renew(grant.id, lease()), 'the lease is over').toBe(false)
      expect(await start(grant, 'second'), 'nobody takes it over').toBe('unknown')
      expect(await store.cancel(grant.id)).toBe(false)
      expect((await store.open()).filter(({ id }) => id === grant.id)).toMatchObject([{ state: 'unknown', starts: 1 }])
      expect(await store.resolve(grant.id, 'did-not-happen')).toBe(true)
      expect(await store.end(grant.id, 'runner', 'completed'), 'the word of the operator stands').toBe(false)
      expect(await start(grant, 'second')).toBe('started')
      now += 30_000
      expect(await store.end(grant.id, 'second', 'completed'), 'who ran it knows').toBe(true)
      const other = await granted()
      await start(other)
      now += 30_000
      expect(await store.resolve(other.id, 'happened')).toBe(true)
      expect(await store.resolve(other.id, 'happened')).toBe(false)
      expect(await start(other)).toBe('completed')
    })

    test(proves('state:jobs:expired', name), async () => {
      const { store } = subject
      const [waiting, running] = [await granted(), await granted()]
      const { id, digest } = running
      await store.start(id, digest, lease('runner', now + 90_000), [])
      now += 59_999
      expect(await store.get(waiting.id)).toMatchObject({ state: 'waiting' })
      now += 1
      expect(await start(waiting)).toBe('absent')
      expect(await store.get(waiting.id)).toBeUndefined()
      expect(await store.cancel(waiting.id)).toBe(false)
      expect(await store.get(id), 'it still runs').toMatchObject({ state: 'running' })
      now += 30_000
      expect(await store.get(id)).toMatchObject({ state: 'unknown' })
      await granted()
      expect((await store.open()).map((job) => job.id)).toContain(id)
      expect(await store.resolve(id, 'happened')).toBe(true)
      expect(await store.get(id)).toBeUndefined()
    })

    test(proves('state:jobs:revoked', name), async () => {
      const { store, revocations } = subject
      const grant = await granted()
      const standing = [
        { name: revocableName({ actor: `untouched ${made}` }), issuedAt: now },
        { name: revocableName({ actor: `revoked ${made}` }), issuedAt: now },
      ]
      await revocations.revoke(standing[1]?.name ?? '', now - 1)
      expect(await store.start(grant.id, grant.digest, lease(), standing), 'issued since').toBe('started')
      await store.end(grant.id, 'runner', 'not-started')
      await revocations.revoke(standing[1]?.name ?? '', now)
      expect(await store.start(grant.id, grant.digest, lease(), standing)).toBe('revoked')
      expect(await store.get(grant.id)).toMatchObject({ state: 'waiting', starts: 0 })
    })

    test(`${name} refuses what it could not keep as it is`, async () => {
      const { store } = subject
      for (const options of [{ id: '' }, { purpose: '\u0000' }, { mostStarts: 0 }, { expiresAt: 0.5 }]) {
        await expect(granted(options), JSON.stringify(options)).rejects.toThrow(TypeError)
      }
      const grant = await granted()
      await start(grant)
      await expect(store.end(grant.id, 'runner', 'completed', 'no JSON')).rejects.toThrow(TypeError)
      await expect(store.start(grant.id, grant.digest, { runner: '', until: now }, [])).rejects.toThrow(TypeError)
    })
  })
}
