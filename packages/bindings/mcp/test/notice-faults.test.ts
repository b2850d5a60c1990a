import type { ApprovalMessage } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { createFaults, type FaultKind } from '@lockstep/testing'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { deliverNotices } from '../src/notify/deliver-notices.ts'

const KINDS: readonly FaultKind[] = ['before', 'after', 'down']
const bob = { issuer: 'https://as.example', subject: 'user:bob', actor: 'console' }
/** Milliseconds: longer than a lease, and than the longest wait between two attempts. */
const LONG = 3_600_000

/** One request whose notice waits in the outbox, over ports that go wrong; the notifier itself fails so many times first. */
async function openWorld(failures: number) {
  let now = 1_800_000_000_000
  const clock = () => now
  const faults = createFaults()
  const { approvals } = createMemoryState({ clock })
  const told: ApprovalMessage[] = []
  let left = failures
  const notifier = {
    notify: async (message: ApprovalMessage) => {
      left -= 1
      if (left >= 0) throw new Error('not now')
      told.push(message)
    },
  }
  await approvals.request(
    {
      ...{ ...bob, subject: 'user:alice', actor: 'agent', id: 'a', binding: 'a', chain: [], tool: 'pay' },
      ...{ needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }], asked: ['dept'] },
      ...{ shown: [], requestedAt: now, expiresAt: now + 100 * LONG },
    },
    { caller: 99, asked: 99, notify: true },
  )
  const delivery = deliverNotices({
    store: {
      expire: faults.wrap('approvals', approvals).expire,
      outbox: faults.wrap('outbox', approvals.outbox),
    },
    about: 'approval',
    notifier: faults.wrap('notifier', notifier),
    audit: faults.wrap('audit', { append: async () => undefined }),
    clock,
    urlOf: (id) => `https://mcp.example/.lockstep/approvals/${id}`,
    every: LONG,
  })
  /** Delivers until nothing is left that could be due. */
  const exhaust = async () => {
    for (let attempt = 0; attempt < 16; attempt += 1) {
      await delivery.deliver()
      now += LONG
    }
  }
  return { faults, told, exhaust, close: () => delivery.close() }
}

const seen = new Set<string>()

test.each([
  ['delivered at once', 0],
  ['tried again', 1],
  ['given up', 99],
])(proves('faults:notices', '%s'), async (_, failures) => {
  const whole = await openWorld(failures)
  const calls = await whole.faults.record(whole.exhaust)
  await whole.close()
  for (const call of calls) seen.add(call)
  for (const [index, call] of calls.entries()) {
    for (const kind of KINDS) {
      const says = `${kind} ${call} (${index})`
      const { faults, told, exhaust, close } = await openWorld(failures)
      faults.inject(index, kind)
      await exhaust()
      expect(faults.heal(), `${says}: it was met`).toBe(call)
      await exhaust()
      await close()
      // At least once; twice where it is not known whether it was told.
      if (failures < 99) expect(new Set(told.map(({ id }) => id)), says).toEqual(new Set(['a.requested']))
      else expect(told, says).toEqual([])
      expect(told.length, says).toBeLessThanOrEqual(2)
    }
  }
})

test(proves('faults:notices', 'every call was met'), () => {
  expect([...seen].sort()).toEqual([
    'approvals.expire',
    'audit.append',
    'notifier.notify',
    'outbox.delivered',
    'outbox.giveUp',
    'outbox.retry',
    'outbox.take',
  ])
})
