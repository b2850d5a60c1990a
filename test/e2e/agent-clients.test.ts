import { type RequestListener, ServerResponse } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { TRUST_DOMAIN } from '../../examples/expense-approval/server/expense-configuration.ts'
import { type AgentFetchOptions, createAgentFetch } from '../../packages/agent/src/index.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa } from './serve.ts'

const TOOL = 'approveExpense'

/** What the line does to the next answer to a call, once its effect has happened and is recorded. */
const line: { loses: 'nothing' | 'everything' | 'all but the head' } = { loses: 'nothing' }
const lossy = (listener: RequestListener): RequestListener => {
  return (request, response) => {
    const { loses } = line
    if (request.headers['idempotency-key'] === undefined || loses === 'nothing') return listener(request, response)
    line.loses = 'nothing'
    const lose = () => {
      if (loses === 'everything') response.destroy()
      else {
        ServerResponse.prototype.flushHeaders.call(response)
        setTimeout(() => response.destroy(), 20)
      }
      return true
    }
    Object.assign(response, { write: lose, end: lose })
    return listener(request, response)
  }
}

const generations = {
  '1.x': async (url: URL, fetch: typeof globalThis.fetch) => {
    const client = new ClientOf2025({ name: 'planner', version: '1' })
    await client.connect(new TransportOf2025(url, { fetch }))
    return client
  },
  '2.x': async (url: URL, fetch: typeof globalThis.fetch) => {
    const client = new Client({ name: 'planner', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
    return client
  },
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
] as const)('behind %s', (_, mount) => {
  let statements = 0
  let house: ExpenseHouse
  let weak: HouseAgent
  let bob: HouseAgent
  beforeAll(async () => {
    house = await openExpenseHouse({
      beforeStatement: async () => {
        statements++
      },
      mount: (lockstep, create) => lossy(mount(lockstep, () => lockstep.guardServer(create()))),
    })
    weak = await house.agent('alice')
    bob = await house.approver('bob')
  })
  afterAll(() => house.close())

  /** The agent of alice, and what it was asked. */
  function planner(options: Partial<AgentFetchOptions> = {}) {
    const asked: string[] = []
    const requests: Headers[] = []
    const send = createAgentFetch({
      key: weak.key,
      accessToken: weak.accessToken,
      resource: house.resource,
      clock: house.clock,
      fetch: (input, init) => {
        requests.push(new Headers(init?.headers))
        return fetch(input, init)
      },
      txnTokens: { trustDomain: TRUST_DOMAIN, scope: 'expenses:approve' },
      onStepUp: async ({ acrValues }) => {
        asked.push(`sign in with ${acrValues}`)
        return (await house.agent('alice', { key: weak.key, acr: ACR_MFA })).accessToken
      },
      onApproval: async ({ id, url, tool }) => {
        asked.push(`consent to ${tool}`)
        expect(url).toBe(`${house.origin}/.lockstep/approvals/${id}`)
        expect((await bob.consent(id)).status).toBe(200)
        return 'approved'
      },
      ...options,
    })
    return { send, asked, requests }
  }
  const keysOf = (requests: readonly Headers[]) =>
    new Set(requests.map((headers) => headers.get('idempotency-key')).filter((key) => key !== null))

  describe.each(['1.x', '2.x'] as const)('a client of %s', (generation) => {
    test(proves('agent:clients', 'within the limit'), async () => {
      const { send, asked } = planner()
      const client = await generations[generation](new URL(house.resource), send)
      const { id } = await house.invoice()
      const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
      expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
      expect(asked).toEqual([])
      await client.close()
    })

    test(proves('agent:clients', 'above it'), async () => {
      const { send, asked, requests } = planner()
      const client = await generations[generation](new URL(house.resource), send)
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toContain(TOOL)
      const { id } = await house.invoice(600_000)
      const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
      expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
      expect(await house.status(id)).toBe('approved')
      expect(asked).toEqual([`sign in with ${ACR_MFA}`, `consent to ${TOOL}`])
      expect(keysOf(requests).size, 'one call').toBe(1)
      const proofs = requests.map((headers) => headers.get('dpop'))
      expect(new Set(proofs).size, 'a proof for each request').toBe(requests.length)
      await client.close()
    })

    test(proves('agent:clients', 'and nobody consents'), async () => {
      const { send } = planner({ onApproval: async () => undefined })
      const client = await generations[generation](new URL(house.resource), send)
      const { id } = await house.invoice(600_000)
      const before = await house.effects()
      await expect(client.callTool({ name: TOOL, arguments: { invoiceId: id } })).rejects.toThrow(
        /consent of a second person/,
      )
      expect(await house.effects()).toBe(before)
      await client.close()
    })

    test.each(['everything', 'all but the head'] as const)(
      proves('agent:retry:lost', 'of a real server, %s'),
      async (loses) => {
        const { send, requests } = planner({ lostAnswers: 'ask-again' })
        const client = await generations[generation](new URL(house.resource), send)
        const approve = async () => {
          const { id } = await house.invoice()
          const before = statements
          const { structuredContent } = await client.callTool({ name: TOOL, arguments: { invoiceId: id } })
          expect(structuredContent).toEqual({ invoiceId: id, status: 'approved' })
          expect(await house.status(id)).toBe('approved')
          return statements - before
        }
        const once = await approve()
        requests.length = 0
        line.loses = loses
        expect(await approve(), 'the handler ran once').toBe(once)
        expect(line.loses, 'it was lost').toBe('nothing')
        const calls = requests.filter((headers) => headers.has('idempotency-key'))
        expect(calls).toHaveLength(2)
        expect(keysOf(calls).size).toBe(1)
        await client.close()
      },
    )
  })
})
