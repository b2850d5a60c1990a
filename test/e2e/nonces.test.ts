import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LockstepConfiguration } from '@lockstep/mcp'
import { createMemoryState } from '@lockstep/stores/memory'
import { Client, DpopSession, StreamableHTTPClientTransport, withDpop } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const demanding = { proof: { nonce: 'required' } } as const
const U =
  'DPoP error="use_dpop_nonce", error_description="the DPoP proof needs a nonce of this server", ' +
  'algs="ES256 EdDSA", resource_metadata="http://127.0.0.1:4199/.well-known/oauth-protected-resource/mcp"'

/** A `fetch` that remembers the status of every answer and the nonce that came with it. */
function watch(send: typeof fetch) {
  const seen: { status: number; nonce: string | null; challenge: string | null }[] = []
  const watched: typeof fetch = async (input, init) => {
    const response = await send(input, init)
    const { status, headers } = response
    seen.push({ status, nonce: headers.get('dpop-nonce'), challenge: headers.get('www-authenticate') })
    return response
  }
  return { seen, fetch: watched, refused: () => seen.filter(({ status }) => status === 401) }
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('clients of a server that asks for nonces, on %s', (framework, mount) => {
  let desk: Desk
  let server: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    desk = await openDesk(demanding)
    server = await serve(mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
    desk.reach(server.port)
  })
  afterAll(async () => {
    await server.close()
    await desk.lockstep.close()
  })

  const greets = async (client: Pick<Client | ClientOf2025, 'callTool' | 'close'>) => {
    for (const name of ['one', 'two']) {
      const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name } })
      expect(structuredContent).toEqual({ greeting: `hello ${name}` })
    }
    await client.close()
  }

  test(proves('edge:nonces', `our agent on ${framework}`), async () => {
    const wire = watch(desk.fetch)
    const { fetch } = await desk.agent({ fetch: wire.fetch })
    const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch }))
    await greets(client)
    expect(wire.refused()).toEqual([{ status: 401, nonce: expect.stringMatching(/^[\w-]{43}$/), challenge: U }])
  })

  test(proves('edge:nonces', `the official clients on ${framework}`), async () => {
    for (const generation of ['2.x', '1.x']) {
      const session = await DpopSession.create()
      const { accessToken } = await desk.agent({ claims: { cnf: { jkt: session.thumbprint } } })
      const wire = watch(desk.fetch)
      const fetch = withDpop(session, () => Promise.resolve(accessToken))(wire.fetch) as typeof globalThis.fetch
      const url = new URL(RESOURCE)
      if (generation === '2.x') {
        const client = new Client({ name: 'helper', version: '1' }, { versionNegotiation: { mode: 'auto' } })
        await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
        await greets(client)
      } else {
        const client = new ClientOf2025({ name: 'helper', version: '1' })
        await client.connect(new TransportOf2025(url, { fetch }))
        await greets(client)
      }
      expect(
        wire.refused().map(({ challenge }) => challenge),
        generation,
      ).toEqual([U])
    }
  })

  test(proves('edge:nonces', `a client that ignores them on ${framework} is refused, once per request`), async () => {
    const wire = watch(desk.fetch)
    const session = await DpopSession.create()
    session.observeNonce = () => undefined
    const { accessToken } = await desk.agent({ claims: { cnf: { jkt: session.thumbprint } } })
    const before = desk.ran.length
    const response = await withDpop(session, () => Promise.resolve(accessToken))(wire.fetch)(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: {} } }),
    })
    expect(response.status).toBe(401)
    expect(wire.seen).toHaveLength(2)
    expect(desk.ran).toHaveLength(before)
  })
})

describe('an agent at work', () => {
  let house: ExpenseHouse
  beforeAll(async () => {
    house = await openExpenseHouse({ configuration: demanding })
  })
  afterAll(() => house.close())

  test(proves('edge:nonces', 'is asked once, however long it works'), async () => {
    const wire = watch(fetch)
    const agent = await house.agent('alice', { fetch: wire.fetch, expiresIn: 3_600 })
    for (let minute = 0; minute < 20; minute += 1) {
      expect((await agent.list()).length).toBeGreaterThan(0)
      house.advance(60_000)
    }
    expect(wire.refused()).toHaveLength(1)
    // A nonce is offered when the one that was used is about to end, not with every answer.
    const offered = wire.seen.filter(({ status, nonce }) => status === 200 && nonce !== null)
    expect(offered.length).toBeGreaterThanOrEqual(9)
    expect(offered.length).toBeLessThanOrEqual(11)
    // Whoever was away for longer is asked again, and goes on.
    house.advance(600_000)
    expect((await agent.list()).length).toBeGreaterThan(0)
    expect(wire.refused()).toHaveLength(2)
  })

  test(proves('edge:nonces', 'at the token endpoint too, and with the denial of a call'), async () => {
    const wire = watch(fetch)
    const agent = await house.agent('alice', { fetch: wire.fetch })
    const invoice = await house.invoice()
    const args = { invoiceId: invoice.id }
    const txnToken = await agent.txnToken('approveExpense', args)
    expect((await agent.call('approveExpense', args, { txnToken })).status).toBe(200)
    house.advance(120_000)
    const denied = await agent.call('approveExpense', { invoiceId: 'INV-9001' }, { txnToken: 'spent' })
    expect(denied.status).toBe(403)
    expect(denied.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/)
  })
})

/** An instance over this state, and what it answers to a request with this nonce. */
async function openInstance(state: LockstepConfiguration['state'] & {}) {
  const desk = await openDesk({ ...demanding, state })
  const server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
  desk.lockstep.guardServer(desk.createServer())
  return {
    async ask(nonce?: string) {
      const session = await DpopSession.create()
      const { accessToken } = await desk.agent({ claims: { cnf: { jkt: session.thumbprint } } })
      const proof = await session.buildProof({ htm: 'POST', htu: RESOURCE, accessToken, ...(nonce ? { nonce } : {}) })
      const response = await desk.fetch(RESOURCE, {
        method: 'POST',
        headers: {
          authorization: `DPoP ${accessToken}`,
          dpop: proof,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      })
      return { status: response.status, nonce: response.headers.get('dpop-nonce') ?? undefined }
    },
    async close() {
      await server.close()
      await desk.lockstep.close()
    },
  }
}

async function askOnce(state: string, nonce?: string) {
  const instance = await openInstance(state)
  return instance.ask(nonce).finally(() => instance.close())
}

test(proves('edge:nonces', 'hold over a restart, and nowhere else'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-nonces-'))
  try {
    const first = await askOnce(folder)
    expect(first).toEqual({ status: 401, nonce: expect.any(String) })
    expect((await askOnce(folder, first.nonce)).status).toBe(200)
    expect((await askOnce('memory', first.nonce)).status).toBe(401)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test(proves('edge:nonces', 'hold in every instance over the same state'), async () => {
  const state = createMemoryState({ clock: Date.now })
  const shared = { open: async () => ({ ...state, close: async () => undefined }) }
  const [one, other, stranger] = await Promise.all([openInstance(shared), openInstance(shared), openInstance('memory')])
  try {
    const { nonce } = await one.ask()
    expect(nonce).toMatch(/^[\w-]{43}$/)
    expect((await other.ask(nonce)).status).toBe(200)
    expect(await stranger.ask(nonce)).toEqual({ status: 401, nonce: expect.not.stringContaining(nonce ?? '') })
  } finally {
    await Promise.all([one, other, stranger].map((instance) => instance.close()))
    await state.close()
  }
})
