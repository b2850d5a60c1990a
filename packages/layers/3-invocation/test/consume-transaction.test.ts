import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Denial, SingleUseStore } from '@lockstep/core'
import { consumeTransaction } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { NOW, obtain } from './transaction-world.ts'

const clock = () => NOW * 1000
const replayed = { code: 'invocation.txn-token-replayed' }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-txn-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = {
  memory: async () => createMemoryState({ clock }),
  pglite: () => openStateFolder({ folder, clock }),
}

describe.each(['memory', 'pglite'] as const)('%s', (kind) => {
  test(proves('invocation:txn-token:racers', kind), async () => {
    const state = await open[kind]()
    for (const token of [await obtain(), await obtain()]) {
      const uses = Array.from({ length: 50 }, () => consumeTransaction(state.singleUse, token, clock))
      const answers = await Promise.all(uses)
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
      expect(answers.filter((answer) => answer !== undefined)).toEqual(Array<Denial>(49).fill(replayed as Denial))
    }
    await state.close()
  })

  test(proves('invocation:txn-token:once', kind), async () => {
    const state = await open[kind]()
    const token = await obtain()
    expect(await consumeTransaction(state.singleUse, token, clock)).toBeUndefined()
    expect(await consumeTransaction(state.singleUse, token, clock)).toEqual(replayed)
    const elsewhere = { ...token, trustDomain: 'other.org' }
    expect(await consumeTransaction(state.singleUse, elsewhere, clock), 'an id counts in its domain').toBeUndefined()
    const late = await obtain()
    const expired = { code: 'invocation.txn-token-invalid', detail: 'it has expired' }
    expect(await consumeTransaction(state.singleUse, late, () => late.expiresAt * 1000)).toEqual(expired)
    expect(await consumeTransaction(state.singleUse, late, () => late.expiresAt * 1000 - 1)).toBeUndefined()
    await state.close()
  })

  test(proves('invocation:txn-token:store-down', kind), async () => {
    const state = await open[kind]()
    await state.close()
    expect(await consumeTransaction(state.singleUse, await obtain(), clock)).toEqual({ code: 'state.unavailable' })
  })
})

test(proves('invocation:txn-token:once', 'over a restart'), async () => {
  const token = await obtain()
  const before = await open.pglite()
  expect(await consumeTransaction(before.singleUse, token, clock)).toBeUndefined()
  await before.close()
  const after = await open.pglite()
  expect(await consumeTransaction(after.singleUse, token, clock)).toEqual(replayed)
  await after.close()
})

test(proves('invocation:txn-token:store-down', 'an answer that is no answer'), async () => {
  const odd: Pick<SingleUseStore, 'consume'> = { consume: async () => JSON.parse('"yes"') }
  expect(await consumeTransaction(odd, await obtain(), clock)).toEqual(replayed)
})
