import { LockstepError } from '@lockstep/core'
import { createSigningKey, type SigningKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createTransactionKeys } from '../src/transaction-keys.ts'

const DAY = 86_400_000
const START = 20_000 * DAY

/** Keys that are kept by name, as the state keeps them. */
function kept() {
  const keys = new Map<string, Promise<SigningKey>>()
  const asked: string[] = []
  return {
    asked,
    keptKey: (name: string) => {
      asked.push(name)
      const key = keys.get(name) ?? createSigningKey()
      keys.set(name, key)
      return key
    },
  }
}

test(proves('transactions:rotation'), async () => {
  const { keptKey } = kept()
  let now = START
  const keys = createTransactionKeys({ keptKey, period: DAY, clock: () => now })
  const names = async () => (await keys()).keys.map(({ thumbprint }) => thumbprint)
  const [first, second] = await names()
  now += DAY - 1
  expect(await names(), 'the next is published before it signs').toEqual([first, second])
  now = START + DAY
  const rotated = await names()
  expect([rotated[0], rotated[2]], 'the last one stays while its tokens live').toEqual([second, first])
  now += 120_000
  expect(await names(), 'and no longer').toEqual(rotated.slice(0, 2))
  now = START
  expect((await names()).slice(0, 2), 'a clock that was set back').toEqual([first, second])
})

test(proves('transactions:rotation', 'instances over one state agree, and nobody reads keys twice'), async () => {
  const { keptKey, asked } = kept()
  const clock = () => START + 60_000
  const [one, other] = [1, 2].map(() => createTransactionKeys({ keptKey, period: DAY, clock }))
  const first = await one?.()
  expect(first?.keys).toEqual((await other?.())?.keys)
  const before = asked.length
  expect(await one?.()).toBe(first)
  expect(asked).toHaveLength(before)
})

test(proves('transactions:rotation', 'keys that could not be read are asked for again'), async () => {
  const { keptKey } = kept()
  let down = true
  const keys = createTransactionKeys({
    keptKey: (name) => (down ? Promise.reject(new LockstepError('state.unavailable')) : keptKey(name)),
    period: DAY,
    clock: () => START,
  })
  await expect(keys()).rejects.toMatchObject({ code: 'state.unavailable' })
  down = false
  expect((await keys()).keys).toHaveLength(3)
})
