import { createMemorySingleUse, createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { approvalOutboxContract, OBLIGED } from './approval-outbox.contract.ts'
import { approvalsContract } from './approvals.contract.ts'
import { historyContract } from './history.contract.ts'
import { idempotencyContract } from './idempotency.contract.ts'
import { jobsContract } from './jobs.contract.ts'
import { relationsContract } from './relations.contract.ts'
import { singleUseContract } from './single-use.contract.ts'

singleUseContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.singleUse, revocations: state.revocations, close: () => state.close() }
})
historyContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.history, close: () => state.close() }
})
approvalsContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.approvals, close: () => state.close() }
})

approvalOutboxContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  const fill = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      await state.approvals.outbox.put({ ...OBLIGED, id: `many ${index}`, at: clock() })
    }
  }
  return { store: state.approvals, fill, close: () => state.close() }
})
idempotencyContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.idempotency, close: () => state.close() }
})
jobsContract('memory', async (clock) => {
  const state = createMemoryState({ clock })
  return { store: state.jobs, revocations: state.revocations, close: () => state.close() }
})
relationsContract('memory', async () => {
  const state = createMemoryState({ clock: () => 0 })
  return { store: state.relations, close: () => state.close() }
})

test('what has expired takes no memory, what has not is never evicted', async () => {
  let now = 0
  const use = (id: string) => ({ space: 'txn', id, issuedAt: now, expiresAt: now + 60_000, standing: [] }) as const
  const store = createMemorySingleUse({ clock: () => now })
  for (let id = 0; id < 50_000; id += 1) await store.consume(use(`id-${id}`))
  expect(store.size).toBe(50_000)
  expect(await store.consume(use('id-0'))).toBe('used')
  now = 61_000
  await store.consume(use('next'))
  expect(store.size).toBe(1)
})

test('misuse is refused at construction', () => {
  const clock = () => 0
  expect(() => createMemorySingleUse(JSON.parse('{}'))).toThrow(TypeError)
  const misspelt = { clock, maxEntries: 10 }
  expect(() => createMemorySingleUse(misspelt)).toThrow('unknown option `maxEntries`')
  expect(() => createMemoryState(misspelt)).toThrow('unknown option `maxEntries`')
})

test(proves('state:kept:same', 'memory'), async () => {
  const state = createMemoryState({ clock: () => 0 })
  const texts = await Promise.all(['a', 'b'].map((text) => state.keep('audit-key', () => text)))
  expect(texts).toEqual(['a', 'a'])
  await expect(state.keep('../outside', () => 'x')).rejects.toThrow(TypeError)
  await expect(state.keep('broken', () => Promise.reject(new Error('no key')))).rejects.toThrow('no key')
  expect(await state.keep('broken', () => 'mended')).toBe('mended')
  await state.close()
  await expect(state.keep('audit-key', () => 'c')).rejects.toMatchObject({ code: 'state.unavailable' })
})
