import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApprovalMessage, AuditEvent, Notifier } from '@lockstep/core'
import { webhookNotifier } from '@lockstep/mcp'
import { createMemoryState } from '@lockstep/stores/memory'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { deliverNotices, type NoticeDelivery } from '../src/notify/deliver-notices.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const NEVER = new AbortController().signal
const bob = { issuer: 'https://as.example', subject: 'user:bob', actor: 'console' }

/** Approvals in memory, of which a notifier is told. */
function openWorld(notify: Notifier['notify']) {
  let now = 1_800_000_000_000
  const clock = () => now
  const { approvals: store } = createMemoryState({ clock })
  const recorded: AuditEvent[] = []
  const audit = { append: async (event: AuditEvent) => void recorded.push(event) }
  const parts = {
    store,
    audit,
    clock,
    urlOf: (id: string) => `https://mcp.example/.lockstep/approvals/${id}`,
    every: 3_600_000,
  }
  const open = (notifier: Notifier) => {
    const made = deliverNotices({ ...parts, about: 'approval', notifier })
    deliveries.push(made)
    return made
  }
  const request = (id: string) =>
    store.request(
      {
        ...{ ...bob, subject: 'user:alice', actor: 'agent', id, binding: id, chain: [], tool: 'pay' },
        ...{ needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }], asked: ['dept'] },
        ...{ shown: [{ name: 'resource.amount', value: '5' }], requestedAt: now, expiresAt: now + 600_000 },
      },
      { caller: 99, asked: 99, notify: true },
    )
  const pass = (ms: number) => {
    now += ms
  }
  return { store, recorded, request, pass, open, delivery: open({ notify }) }
}
const deliveries: NoticeDelivery[] = []
afterEach(() => Promise.all(deliveries.splice(0).map((one) => one.close())))

describe(proves('edge:approvals:delivered'), () => {
  test('though the notifier throws before it waits for anything', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    let thrown = 0
    const world = openWorld(() => {
      thrown += 1
      throw new Error('at once')
    })
    await world.request('a')
    await world.delivery.deliver()
    // what was left to nobody would be rejected now
    await world.delivery.close()
    await new Promise((done) => setImmediate(done))
    process.off('unhandledRejection', note)
    expect([thrown, unhandled]).toEqual([1, []])
    expect(await world.store.get('a')).toMatchObject({ state: 'pending' })
  })

  test('each once it happened, one at a time', async () => {
    const told: ApprovalMessage[] = []
    let under = 0
    const world = openWorld(async (message) => {
      under += 1
      expect(under, 'one at a time').toBe(1)
      await new Promise((done) => setTimeout(done, 1))
      under -= 1
      told.push(message)
    })
    await world.request('a')
    await world.store.consent('a', 0, { ...bob, at: 1, relations: [] }, true)
    await world.request('b')
    await Promise.all([world.delivery.deliver(), world.delivery.deliver()])
    expect(told.map(({ id, type }) => [id, type])).toEqual([
      ['a.requested', 'approval.requested'],
      ['a.consented.1', 'approval.decided'],
      ['b.requested', 'approval.requested'],
    ])
    expect(told[0]?.data).toMatchObject({
      state: 'approved',
      given: 1,
      url: 'https://mcp.example/.lockstep/approvals/a',
    })
    world.pass(600_000)
    await world.delivery.deliver()
    expect(
      told
        .slice(3)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a.expired', 'b.expired'])
    await world.delivery.deliver()
    expect(told).toHaveLength(5)
  })

  test('later and later, and then given up visibly', async () => {
    const at: number[] = []
    let passed = 0
    const world = openWorld(async ({ id }) => {
      if (id === 'a.requested') at.push(passed)
      throw new Error('secret of a receiver')
    })
    await world.request('a')
    for (; passed < 20_000_000 && world.recorded.length === 0; passed += 1_000) {
      await world.delivery.deliver()
      world.pass(1_000)
    }
    const gave = at.filter((_, index) => index < 10)
    expect(gave).toHaveLength(10)
    const waits = gave.slice(1).map((time, index) => time - (gave[index] ?? 0))
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(5_000 * 2 ** index)
      expect(wait).toBeLessThanOrEqual(5_500 * 2 ** index + 1_000)
    }
    expect(world.recorded[0]).toMatchObject({
      step: 'system',
      outcome: 'failed',
      tool: 'pay',
      detail: { approval: 'a', attempts: 10 },
    })
    expect(JSON.stringify(world.recorded)).not.toContain('secret')
    expect(await world.store.outbox.givenUp('approval')).toMatchObject([{ id: 'a.requested' }])
  })

  test('again, by whoever comes next, when it was closed under way', async () => {
    const told: string[] = []
    let begun = 0
    const world = openWorld((_message, signal) => {
      begun += 1
      return new Promise((_, reject) => signal.addEventListener('abort', reject))
    })
    await world.request('a')
    const under = world.delivery.deliver()
    await vi.waitFor(() => expect(begun).toBe(1), PATIENT)
    await world.delivery.close()
    await under
    const next = world.open({ notify: async ({ id }) => void told.push(id) })
    await next.deliver()
    expect(told, 'its lease is not over').toEqual([])
    world.pass(30_000)
    await next.deliver()
    expect(told).toEqual(['a.requested'])
  })
})

const messageOf = (): ApprovalMessage => ({
  id: 'a',
  type: 'approval.requested',
  timestamp: '',
  data: {
    ...{
      id: 'a',
      state: 'pending',
      tool: 'pay',
      shown: [],
      needed: [],
      given: 0,
      requestedAt: '',
      expiresAt: '',
      url: '',
    },
    requester: bob,
  },
})

describe(proves('edge:approvals:webhook'), () => {
  test.each([
    'http://hooks.example.com/',
    'ftp://127.0.0.1/',
    'https://user:pass@hooks.example.com/',
    'https://hooks.example.com/#a',
    'http://127.0.0.1.example.com/',
    'file:///etc/passwd',
    '/relative',
    '',
  ])('no url: %s', (url) => {
    expect(() => webhookNotifier({ url, secret: SECRET })).toThrow(TypeError)
  })

  test.each(['', 'whsec_', 'whsec_c2hvcnQ=', SECRET.slice(6), `${SECRET}!`, []])('no secret: %s', (secret) => {
    expect(() => webhookNotifier({ url: 'https://hooks.example.com/', secret })).toThrow(TypeError)
  })

  test('what is no 2xx is a failure, and a redirect is not followed', async () => {
    const paths: string[] = []
    let status = 200
    const server = createServer((request, response) => {
      paths.push(request.url ?? '')
      request.resume()
      response.writeHead(status, { location: '/elsewhere' }).end('secret')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { notify } = webhookNotifier({ url: `http://127.0.0.1:${port}/hook`, secret: [SECRET, SECRET] })
    const message = messageOf()
    await notify(message, NEVER)
    for (status of [301, 307, 400, 500]) await expect(notify(message, NEVER)).rejects.toThrow(String(status))
    expect(new Set(paths)).toEqual(new Set(['/hook']))
    await expect(notify(message, AbortSignal.abort())).rejects.toThrow()
    await vi.waitFor(() => expect(paths).toHaveLength(5), PATIENT)
    server.close()
  })
})
