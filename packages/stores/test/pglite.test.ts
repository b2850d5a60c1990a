import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { approvalOutboxContract } from './approval-outbox.contract.ts'
import { approvalsContract } from './approvals.contract.ts'
import { historyContract } from './history.contract.ts'
import { idempotencyContract } from './idempotency.contract.ts'
import { jobsContract } from './jobs.contract.ts'
import { relationsContract } from './relations.contract.ts'
import { singleUseContract } from './single-use.contract.ts'

const folders: string[] = []
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-state-'))
  folders.push(folder)
  return folder
}

/** A folder with a new database in it: copied, because making one takes seconds. */
async function newFolder(): Promise<string> {
  const folder = await emptyFolder()
  await cp(template, folder, { recursive: true })
  return folder
}

let template: string
beforeAll(async () => {
  template = await emptyFolder()
  await (await openStateFolder({ folder: template, clock: () => 0 })).close()
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

singleUseContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.singleUse, revocations: state.revocations, close: () => state.close() }
})
historyContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.history, close: () => state.close() }
})
approvalsContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.approvals, close: () => state.close() }
})

approvalOutboxContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.approvals, close: () => state.close() }
})
idempotencyContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.idempotency, close: () => state.close() }
})
jobsContract('pglite', async (clock) => {
  const state = await openStateFolder({ folder: await newFolder(), clock })
  return { store: state.jobs, revocations: state.revocations, close: () => state.close() }
})
relationsContract('pglite', async () => {
  const state = await openStateFolder({ folder: await newFolder(), clock: () => 0 })
  return { store: state.relations, close: () => state.close() }
})

test(proves('state:single-use:restart', 'closed and opened, also after it forgot'), async () => {
  const folder = await newFolder()
  let now = 1_800_000_000_000
  const clock = () => now
  const use = (id: string, expiresAt: number) => ({ space: 'txn', id, issuedAt: now, expiresAt, standing: [] }) as const
  const first = await openStateFolder({ folder, clock })
  expect(await first.singleUse.consume(use('kept', now + 60_000))).toBe('consumed')
  expect(await first.singleUse.consume(use('forgotten', now + 5_000))).toBe('consumed')
  now += 1_000_000
  expect(await first.singleUse.consume(use('third', now + 60_000))).toBe('consumed')
  await first.close()
  now -= 1_000_000
  const second = await openStateFolder({ folder, clock })
  expect(await second.singleUse.consume(use('kept', now + 60_000))).toBe('used')
  expect(await second.singleUse.consume(use('forgotten', now + 5_000))).toBe('used')
  expect(await second.singleUse.consume(use('third', now + 1_060_000))).toBe('used')
  await second.close()
})

test('history, approvals and answers are there after a restart', async () => {
  const folder = await newFolder()
  const clock = () => 1_800_000_000_000
  const alice = { issuer: 'https://as.example', subject: 'user:alice', actor: 'agent' }
  const asked = {
    ...{ ...alice, id: 'id', binding: 'binding', chain: [], tool: 'pay', needed: [], asked: ['dept'], shown: [] },
    ...{ requestedAt: clock(), expiresAt: clock() + 1000 },
  }
  const bob = { issuer: 'https://as.example', subject: 'user:bob', actor: 'console' }
  const first = await openStateFolder({ folder, clock })
  await first.history.raise(alice, ['confidential'], clock() + 1000)
  await first.approvals.request(asked, { caller: 1, asked: 1, notify: true })
  await first.approvals.consent('id', 0, { ...bob, at: clock(), relations: [] }, true)
  await first.approvals.outbox.take('approval', 1000)
  await first.idempotency.reserve('key', { digest: 'digest', call: 'call', expiresAt: clock() + 1000 })
  await first.idempotency.commit('key', '"answer"')
  const tuple = { user: 'user:anne', relation: 'viewer', object: 'doc:1' }
  await first.relations.change({ writes: [tuple] })
  await first.close()
  const second = await openStateFolder({ folder, clock })
  const delta = { revision: 1, written: [tuple] }
  expect(await second.relations.since(0), proves('state:relations:restart')).toMatchObject(delta)
  expect(await second.history.labels(alice), proves('state:history:restart')).toEqual(['confidential'])
  expect(await second.approvals.standing('binding'), proves('state:approvals:restart')).toMatchObject(asked)
  expect(await second.approvals.outbox.take('approval', 1000)).toMatchObject({ event: 'decided' })
  expect(await second.approvals.use('id')).toBe(true)
  expect(await second.idempotency.get('key')).toMatchObject({ state: 'committed', answer: '"answer"' })
  await second.close()
  const third = await openStateFolder({ folder, clock })
  expect(await third.approvals.use('id')).toBe(false)
  await third.close()
})

test(proves('state:kept:same', 'pglite'), async () => {
  const folder = await newFolder()
  const clock = () => 0
  const first = await openStateFolder({ folder, clock })
  const texts = await Promise.all(['a', 'b'].map((text) => first.keep('audit-key', () => text)))
  expect(texts).toEqual(['a', 'a'])
  await expect(first.keep('../outside', () => 'x')).rejects.toThrow(TypeError)
  await expect(first.keep('broken', () => Promise.reject(new Error('no key')))).rejects.toThrow('no key')
  await first.close()
  await expect(first.keep('audit-key', () => 'c')).rejects.toMatchObject({ code: 'state.unavailable' })
  const second = await openStateFolder({ folder, clock })
  expect(await second.keep('audit-key', () => 'd')).toBe('a')
  expect(await second.keep('broken', () => 'mended')).toBe('mended')
  await second.close()
})

test('misuse is refused before anything is touched', async () => {
  const misspelt = { folder: '/nowhere', clock: () => 0, lock: false }
  await expect(openStateFolder(misspelt)).rejects.toThrow('unknown option `lock`')
  await expect(openStateFolder({ folder: '', clock: () => 0 })).rejects.toThrow(TypeError)
})
