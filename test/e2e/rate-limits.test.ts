import type { LockstepConfiguration } from '@lockstep/mcp'
import { createTestIssuer, type TestAgent } from '@lockstep/testing'
import { createProofKey, signProof } from '@lockstep/tokens'
import supertest from 'supertest'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'
import { onExpress } from './serve.ts'

const CLERK = 'spiffe://desk.example/agents/clerk'
const TOOLS: LockstepConfiguration['tools'] = {
  greet: { output: { greeting: 'public' } },
  wide: { output: { shown: 'public' } },
  vault: { output: { shown: 'public' } },
  secret: { output: { shown: 'public' } },
  fail: {},
}
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
const calling = (name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: args },
})

let desk: Desk | undefined
afterEach(async () => {
  vi.useRealTimers()
  await desk?.lockstep.close()
})

async function open(overrides: Partial<LockstepConfiguration>) {
  const opened = await openDesk(overrides)
  desk = opened
  const app = onExpress(opened.lockstep, () => opened.lockstep.guardServer(opened.createServer()))
  opened.lockstep.guardServer(opened.createServer())
  const headersOf = async ({ accessToken, key }: TestAgent) => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await signProof(key, { method: 'POST', url: RESOURCE, accessToken }),
  })
  const send = async (headers: Record<string, string>, body: object) => {
    const response = await supertest(app)
      .post('/mcp')
      .set({ accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers })
      .send(body)
    const { status, text } = response
    const code = /"code":"([a-z.-]+)"/.exec(text)?.[1]
    return {
      status,
      code,
      text,
      retryAfter: response.headers['retry-after'],
      challenge: response.headers['www-authenticate'],
    }
  }
  return {
    desk: opened,
    headersOf,
    send,
    ask: async (agent: TestAgent, body: object = ping) => send(await headersOf(agent), body),
    refusals: () => opened.audit.events.filter(({ code }) => code === 'gateway.rate-limited'),
  }
}

const REFUSED = { status: 429, code: 'gateway.rate-limited', challenge: undefined }

describe('limits of requests', () => {
  test.each(['subject', 'actor'] as const)(proves('admission:limits:request', '%s'), async (limited) => {
    const { desk, ask, refusals } = await open({ rateLimits: { [limited]: { points: 2, seconds: 60 } } })
    const ann = await desk.agent()
    expect([(await ask(ann)).status, (await ask(ann)).status]).toEqual([200, 200])
    const refused = await ask(ann)
    expect(refused).toMatchObject(REFUSED)
    expect(JSON.parse(refused.text)).toMatchObject({
      id: null,
      error: { code: 403, data: { code: 'gateway.rate-limited', retryAfter: Number(refused.retryAfter) } },
    })
    expect(Number(refused.retryAfter)).toBeGreaterThan(0)
    expect(Number(refused.retryAfter)).toBeLessThanOrEqual(60)
    expect(refusals()).toEqual([expect.objectContaining({ step: 'gateway', outcome: 'denied' })])
    // The same subject through another actor, and another subject through the same one.
    const through = await desk.agent({ actor: CLERK })
    const bob = await desk.agent({ subject: 'user:bob' })
    expect((await ask(through)).status).toBe(limited === 'subject' ? 429 : 200)
    expect((await ask(bob)).status).toBe(limited === 'subject' ? 200 : 429)
    // A new token, key or connection is no new budget.
    expect(await ask(await desk.agent())).toMatchObject(REFUSED)
    expect(refusals()).toHaveLength(3)
  })

  test(proves('admission:limits:request', 'subjects of two issuers'), async () => {
    const issuers = [
      await createTestIssuer({ audience: RESOURCE, issuer: 'https://one.test' }),
      await createTestIssuer({ audience: RESOURCE, issuer: 'https://two.test' }),
    ]
    const { ask } = await open({
      issuers: issuers.map(({ issuer }) => issuer),
      rateLimits: { subject: { points: 1, seconds: 60 } },
    })
    for (const issuer of issuers) {
      const ann = await issuer.agent({ subject: 'user:ann', actor: CLERK })
      expect([(await ask(ann)).status, (await ask(ann)).status]).toEqual([200, 429])
    }
  })

  test(proves('admission:limits:nothing-used', 'proof'), async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { desk, ask, send, headersOf } = await open({ rateLimits: { subject: { points: 1, seconds: 20 } } })
    const ann = await desk.agent()
    await ask(ann)
    const same = await headersOf(ann)
    const refused = await send(same, ping)
    expect(refused).toMatchObject(REFUSED)
    vi.setSystemTime(Date.now() + Number(refused.retryAfter) * 1000)
    expect((await send(same, ping)).status).toBe(200)
    expect(await send(same, ping)).toMatchObject({ status: 401, code: 'gateway.proof-replayed' })
  })

  test(proves('admission:limits:own-budget'), async () => {
    const { desk, ask, send, headersOf } = await open({
      rateLimits: { subject: { points: 3, seconds: 60 }, actor: { points: 3, seconds: 60 } },
    })
    const ann = await desk.agent()
    const captured = await headersOf(ann)
    expect((await send(captured, ping)).status).toBe(200)
    const thief = { ...ann, key: await createProofKey() }
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(await send(captured, ping)).toMatchObject({ status: 401, code: 'gateway.proof-replayed' })
      expect(await ask(thief)).toMatchObject({ status: 401, code: 'gateway.proof-key' })
      expect((await send({ authorization: `Bearer ${ann.accessToken}` }, ping)).code).toBe('gateway.token-scheme')
      const expired = await desk.agent({ expiresIn: -100 })
      expect((await ask(expired)).code).toBe('gateway.token-expired')
    }
    expect([(await ask(ann)).status, (await ask(ann)).status, (await ask(ann)).status]).toEqual([200, 200, 429])
  })

  test(proves('admission:limits:observed', 'request'), async () => {
    const { desk, ask, refusals } = await open({
      mode: { gateway: 'observe', discovery: 'observe', invocation: 'observe', execution: 'observe' },
      rateLimits: { subject: { points: 1, seconds: 60 } },
    })
    const ann = await desk.agent()
    expect([(await ask(ann)).status, (await ask(ann)).status]).toEqual([200, 200])
    expect(refusals().map(({ outcome }) => outcome)).toEqual(['observed'])
  })
})

describe('limits of tools', () => {
  test(proves('admission:limits:tool', 'by one subject'), async () => {
    const { desk, ask, refusals } = await open({ rateLimits: { toolPerSubject: { points: 2, seconds: 60 } } })
    const ann = await desk.agent()
    // What is denied, malformed or asked of another tool does not count.
    expect((await ask(ann, calling('greet', { times: 4 }))).code).toBe('invocation.denied')
    expect((await ask(ann, calling('greet', { name: 7 }))).code).toBe('invocation.arguments-invalid')
    expect((await ask(ann, calling('wide'))).status).toBe(200)
    for (const status of [200, 200, 429]) expect((await ask(ann, calling('greet'))).status).toBe(status)
    const refused = await ask(ann, calling('greet'))
    expect(refused).toMatchObject(REFUSED)
    expect(JSON.parse(refused.text)).toMatchObject({ id: 1, error: { data: { code: 'gateway.rate-limited' } } })
    expect(Number(refused.retryAfter)).toBeGreaterThan(0)
    expect((await ask(ann, calling('wide'))).status, 'another tool').toBe(200)
    expect(desk.ran.filter(({ tool }) => tool === 'greet')).toHaveLength(2)
    expect(refusals()).toHaveLength(2)
    expect(refusals()[0]).toMatchObject({ step: 'invocation', outcome: 'denied', tool: 'greet', subject: 'user:ann' })
  })

  test(proves('admission:limits:tool', 'by everybody, and declared with the tool'), async () => {
    const { desk, ask } = await open({
      tools: {
        ...TOOLS,
        wide: { output: { shown: 'public' }, rateLimits: { tool: { points: 1, seconds: 60 } } },
      },
      rateLimits: { tool: { points: 2, seconds: 60 } },
    })
    const ann = await desk.agent()
    const again = await desk.agent()
    expect([(await ask(ann, calling('wide'))).status, (await ask(again, calling('wide'))).status]).toEqual([200, 429])
    const statuses = []
    for (const agent of [ann, again, ann]) statuses.push((await ask(agent, calling('greet'))).status)
    expect(statuses).toEqual([200, 200, 429])
  })

  test(proves('admission:limits:hidden-tool'), async () => {
    const { desk, ask } = await open({ rateLimits: { tool: { points: 1, seconds: 60 } } })
    const ann = await desk.agent()
    const bob = await desk.agent({ subject: 'user:bob' })
    const missing = await ask(ann, calling('nothing'))
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await ask(ann, calling('secret'))).text).toBe(missing.text)
      expect((await ask(bob, calling('wide'))).text).toBe(missing.text)
    }
    expect((await ask(ann, calling('wide'))).status, 'nobody used it up').toBe(200)
    expect((await ask(ann, calling('wide'))).status).toBe(429)
    expect((await ask(bob, calling('wide'))).text, 'nor is bob told that it is').toBe(missing.text)
  })

  test(proves('admission:limits:observed', 'tool'), async () => {
    const { desk, ask, refusals } = await open({
      mode: { invocation: 'observe' },
      rateLimits: { toolPerSubject: { points: 1, seconds: 60 } },
    })
    const ann = await desk.agent()
    for (let call = 0; call < 3; call += 1) expect((await ask(ann, calling('wide'))).status).toBe(200)
    expect(desk.ran).toHaveLength(3)
    expect(refusals().map(({ outcome }) => outcome)).toEqual(['observed', 'observed'])
  })
})

test(proves('admission:limits:configured', 'the file'), async () => {
  for (const rateLimits of [
    { subject: { points: 0, seconds: 60 } },
    { subject: { points: 1, seconds: 100_000 } },
    { subject: { points: 1 } },
    { caller: { points: 1, seconds: 60 } },
  ]) {
    await expect(openDesk(JSON.parse(JSON.stringify({ rateLimits })))).rejects.toThrow(/`rateLimits/)
  }
  await expect(
    openDesk(JSON.parse(JSON.stringify({ tools: { ...TOOLS, greet: { rateLimits: { subject: {} } } } }))),
  ).rejects.toThrow(/`tools\.greet\.rateLimits/)
})

test(proves('admission:limits:down', 'at the edge'), async () => {
  const { desk, ask } = await open({ rateLimits: { subject: { points: 5, seconds: 60 } } })
  const ann = await desk.agent()
  await desk.lockstep.close()
  expect(await ask(ann)).toMatchObject({ status: 503, code: 'state.unavailable', retryAfter: '5' })
})

test(proves('admission:limits:nothing-used', 'transaction token'), async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const house = await openExpenseHouse({
    configuration: { rateLimits: { toolPerSubject: { points: 1, seconds: 20 } } },
  })
  try {
    const alice = await house.agent('alice')
    const [first, second] = [await house.invoice(), await house.invoice()]
    const approve = (invoiceId: string, txnToken: string, idempotencyKey?: string) =>
      alice.call('approveExpense', { invoiceId }, { txnToken, idempotencyKey })
    const txnToken = await alice.txnToken('approveExpense', { invoiceId: second.id })
    const spent = await alice.txnToken('approveExpense', { invoiceId: first.id })
    expect((await approve(first.id, spent)).status).toBe(200)
    await expectRefusal(house, () => approve(second.id, txnToken, 'key-1'), {
      status: 429,
      code: 'gateway.rate-limited',
      secrets: [second.id, txnToken],
    })
    vi.setSystemTime(Date.now() + 20_000)
    expect((await approve(second.id, txnToken, 'key-1')).status).toBe(200)
    expect(await house.status(second.id)).toBe('approved')
    // An answer that is given again is no further call.
    expect((await approve(second.id, txnToken, 'key-1')).status).toBe(200)
  } finally {
    await house.close()
  }
})
