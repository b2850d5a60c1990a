import { inTime, LockstepError } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { boundPort } from '../src/bound-port.ts'
import { createOwedEnds } from '../src/owed-ends.ts'

const UNAVAILABLE = { code: 'state.unavailable' }

test(proves('faults:retryable', 'a port that never answers, or fails without a code of its own'), async () => {
  class Port {
    readonly name = 'port'
    readonly #kept = 'kept'
    get = async () => this.#kept
    hang = () => new Promise<never>(() => undefined)
    fail = () => Promise.reject(new Error('CANARY of the driver'))
    refuse = () => Promise.reject(new LockstepError('state.feed-silent'))
    misuse = () => Promise.reject(new TypeError('a mistake of ours'))
    silence = () => 17
    async read() {
      return this.#kept
    }
  }
  const port = boundPort(new Port(), 20, 'state.unavailable')
  expect([await port.get(), await port.read(), port.silence(), port.name]).toEqual(['kept', 'kept', 17, 'port'])
  await expect(inTime(port.hang(), 2_000)).rejects.toMatchObject(UNAVAILABLE)
  const failed = await port.fail().catch((error: unknown) => error)
  expect(failed).toMatchObject(UNAVAILABLE)
  expect(String(failed) + JSON.stringify(failed)).not.toContain('CANARY')
  await expect(port.refuse()).rejects.toMatchObject({ code: 'state.feed-silent' })
  await expect(port.misuse()).rejects.toThrow(TypeError)
})

test(proves('faults:once', 'what a store could not be told is told once it is there again'), async () => {
  const { idempotency } = createMemoryState({ clock: () => 1_000_000 })
  let isDown = false
  const whileUp = <T>(work: () => Promise<T>) =>
    isDown ? Promise.reject(new LockstepError('state.unavailable')) : work()
  const owed = createOwedEnds({
    ...idempotency,
    release: (key, call) => whileUp(() => idempotency.release(key, call)),
    abandon: (key, call) => whileUp(() => idempotency.abandon(key, call)),
  })
  const states = () => Promise.all(['one', 'other', 'ours'].map(async (key) => (await idempotency.get(key))?.state))
  for (const key of ['one', 'other', 'ours']) {
    await idempotency.reserve(key, { digest: 'digest', call: key, expiresAt: 2_000_000 })
  }
  isDown = true
  await owed.end('one', 'one', 'release')
  await owed.end('other', 'other', 'abandon')
  await owed.end('ours', 'of another call', 'release')
  expect(await states()).toEqual(['reserved', 'reserved', 'reserved'])
  await expect(owed.settle('one'), 'nobody goes on with the key before').rejects.toMatchObject(UNAVAILABLE)
  await owed.settleAll()
  isDown = false
  await owed.settle('one')
  expect(await states()).toEqual([undefined, 'reserved', 'reserved'])
  await owed.settleAll()
  expect(await states(), 'that of another call stays').toEqual([undefined, 'unknown', 'reserved'])
})
