import type { AuditEvent, Notifier, ObligationMessage, ObligationNotice } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { afterEach, expect, test, vi } from 'vitest'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { type OpenedNotices, openNotices } from '../src/notify/open-notices.ts'

const notice = (id: string, at: number): ObligationNotice => ({
  ...{ id, at, topic: 'security', call: 'c', trace: 'f'.repeat(32), tool: 'pay', actor: 'agent', policies: ['p'] },
  subject: { issuer: 'https://as.example', id: 'user:alice' },
})
const hangs = (_message: unknown, signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', reject))

const opened: OpenedNotices[] = []
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())))

function openWorld() {
  let now = 1_800_000_000_000
  const clock = () => now
  const { approvals: store } = createMemoryState({ clock })
  const recorded: AuditEvent[] = []
  const audit = { append: async (event: AuditEvent) => void recorded.push(event) }
  const open = (
    notify: ((told: ObligationNotice, signal: AbortSignal) => Promise<void>) | Notifier<ObligationMessage> | undefined,
    over: { readonly notifier?: Notifier; readonly delivers?: boolean } = {},
  ) => {
    const { notifier, delivers = true } = over
    const configuration = {
      resource: 'https://mcp.example/mcp',
      obligations: { notify },
      ...(notifier && { approvals: { notifier }, approvers: [{ relation: 'coApproverFor', of: 'dept' }] }),
    }
    const made = openNotices({ configuration, store, audit, clock, delivers, every: 5 })
    opened.push(made)
    const keep = async (id: string) => {
      if (!made.keepNotice) throw new Error('nobody is told')
      await made.keepNotice(notice(id, now))
    }
    return { keep, close: made.close, keepNotice: made.keepNotice }
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { store, recorded, open, pass }
}

test(proves('egress:obligation:notified', 'a function, until it takes it'), async () => {
  const world = openWorld()
  const told: ObligationNotice[] = []
  let fails = true
  const { keep } = world.open(async (one) => {
    told.push(one)
    if (fails) throw new Error('CANARY')
  })
  await keep('a')
  await vi.waitFor(() => expect(told).toHaveLength(1), PATIENT)
  expect(told[0]).toEqual(notice('a', 1_800_000_000_000))
  fails = false
  await vi.waitFor(() => {
    world.pass(1000)
    expect(told.length).toBeGreaterThan(1)
  }, PATIENT)
  expect(told[1], 'the same to the letter').toEqual(told[0])
  world.pass(10_000_000)
  await keep('b')
  await vi.waitFor(() => expect(told.map(({ id }) => id)).toEqual(['a', 'a', 'b']), PATIENT)
})

test(proves('egress:obligation:notified', 'or is given up, under the trace of the call'), async () => {
  const world = openWorld()
  const { keep } = world.open({ notify: () => Promise.reject(new Error('CANARY')) })
  await keep('a')
  await vi.waitFor(() => {
    world.pass(4_000_000)
    expect(world.recorded).toHaveLength(1)
  }, PATIENT)
  expect(world.recorded).toEqual([
    {
      trace: 'f'.repeat(32),
      step: 'system',
      outcome: 'failed',
      tool: 'pay',
      detail: { notice: 'obliged', topic: 'security', call: 'c', attempts: 10 },
    },
  ])
  expect(await world.store.outbox.givenUp('obligation')).toMatchObject([{ id: 'a' }])
})

test(proves('egress:obligation:notified', 'by whoever comes after a process that died'), async () => {
  const world = openWorld()
  let begun = 0
  const first = world.open((_, signal) => {
    begun += 1
    return hangs(_, signal)
  })
  await first.keep('a')
  await vi.waitFor(() => expect(begun).toBe(1), PATIENT)
  await first.close()
  const beside = world.open(async () => undefined, { delivers: false })
  await beside.keep('b')
  world.pass(30_000)
  const told: ObligationMessage[] = []
  world.open({ notify: async (message) => void told.push(message) })
  await vi.waitFor(() => expect(told).toHaveLength(2), PATIENT)
  expect(told.map(({ id }) => id).sort()).toEqual(['a', 'b'])
  expect(told.find(({ id }) => id === 'a')).toEqual({
    id: 'a',
    type: 'obligation.notify',
    timestamp: '2027-01-15T08:00:00.000Z',
    data: {
      ...{ topic: 'security', call: 'c', trace: 'f'.repeat(32), tool: 'pay', actor: 'agent', policies: ['p'] },
      subject: { issuer: 'https://as.example', id: 'user:alice' },
    },
  })
})

test(proves('egress:obligation:notified', 'and neither waits for what is told of requests'), async () => {
  const world = openWorld()
  const requests: string[] = []
  const { keep } = world.open(hangs, { notifier: { notify: async ({ id }) => void requests.push(id) } })
  await keep('a')
  await world.store.request(
    {
      ...{ issuer: 'https://as.example', subject: 'user:alice', actor: 'agent', id: 'r', binding: 'r', chain: [] },
      ...{ tool: 'pay', needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }], asked: ['dept'], shown: [] },
      ...{ requestedAt: 1, expiresAt: 1_900_000_000_000 },
    },
    { caller: 9, asked: 9, notify: true },
  )
  await vi.waitFor(() => expect(requests).toEqual(['r.requested']), PATIENT)
})

test(proves('egress:obligation:failed', 'as many notices wait as may'), async () => {
  const world = openWorld()
  vi.spyOn(world.store.outbox, 'put').mockResolvedValue(false)
  await expect(world.open(async () => undefined).keep('a')).rejects.toThrow('as many')
  expect(world.open(undefined).keepNotice, 'nobody is to be told').toBeUndefined()
})
