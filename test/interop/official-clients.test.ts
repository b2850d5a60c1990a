import { Client, DpopSession, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { UnauthorizedError as UnauthorizedErrorOf2025 } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { createClientInBrowser } from './client-in-browser.ts'
import { type GuardedDesk, openGuardedDesk, takePlace } from './open-guarded-desk.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

let provider: RunningProvider
let desk: GuardedDesk
let strict: GuardedDesk

beforeAll(async () => {
  const place = await takePlace()
  const strictPlace = await takePlace()
  provider = await startProvider({ resources: { [place.resource]: 'ES256', [strictPlace.resource]: 'ES256' } })
  const issuer = { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks` }
  desk = await openGuardedDesk(place, { ...issuer, bearerUntil: new Date(Date.now() + 3_600_000) })
  strict = await openGuardedDesk(strictPlace, issuer)
})
afterAll(async () => {
  await desk.close()
  await strict.close()
  await provider.close()
})
beforeEach(() => {
  desk.asked.splice(0)
})

/** The challenge leads to the metadata; once before the sign-in, once after it. */
const METADATA = 'GET /.well-known/oauth-protected-resource/mcp'
const DISCOVERY = ['POST /mcp', METADATA, METADATA]
const info = { name: 'helper', version: '1' }

test(proves('interop:clients:discovery', '1.x'), async () => {
  const browser = createClientInBrowser('helper-bearer')
  const first = new TransportOf2025(new URL(desk.resource), { authProvider: browser })
  await expect(new ClientOf2025(info).connect(first)).rejects.toBeInstanceOf(UnauthorizedErrorOf2025)
  await first.finishAuth(browser.landed().searchParams.get('code') ?? '')
  expect(desk.asked.splice(0)).toEqual(DISCOVERY)

  const client = new ClientOf2025(info)
  await client.connect(new TransportOf2025(new URL(desk.resource), { authProvider: browser }))
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('greet')
  const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: '1.x' } })
  expect(structuredContent).toEqual({ greeting: 'hello 1.x' })
  await client.close()
  expect(desk.asked.filter((asked) => asked !== 'POST /mcp')).toEqual(['GET /mcp'])
  expect(browser.visits).toBe(1)
})

test(proves('interop:clients:discovery', '2.x'), async () => {
  const browser = createClientInBrowser('helper-bearer')
  const first = new StreamableHTTPClientTransport(new URL(desk.resource), { authProvider: browser })
  await expect(new Client(info).connect(first)).rejects.toBeInstanceOf(UnauthorizedError)
  await first.finishAuth(browser.landed().searchParams)
  expect(desk.asked.splice(0)).toEqual(DISCOVERY)

  const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(desk.resource), { authProvider: browser }))
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('greet')
  const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: '2.x' } })
  expect(structuredContent).toEqual({ greeting: 'hello 2.x' })
  await client.close()
  // The discovery, the list and the call: nothing is asked twice.
  expect(desk.asked).toEqual(['POST /mcp', 'POST /mcp', 'POST /mcp'])
  expect(browser.visits).toBe(1)
})

test(proves('interop:clients:bound'), async () => {
  const session = await DpopSession.create()
  const browser = createClientInBrowser('helper', { dpop: () => session })
  const first = new StreamableHTTPClientTransport(new URL(desk.resource), { authProvider: browser })
  await expect(new Client(info).connect(first)).rejects.toBeInstanceOf(UnauthorizedError)
  await first.finishAuth(browser.landed().searchParams)

  const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(desk.resource), { authProvider: browser }))
  const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: 'bound' } })
  expect(structuredContent).toEqual({ greeting: 'hello bound' })
  await client.close()
  const admitted = desk.audit.events.findLast(({ step }) => step === 'gateway')
  expect(admitted?.detail).toMatchObject({ proof: 'dpop', key: session.thumbprint })
})

test(proves('interop:clients:no-loop', '1.x'), async () => {
  const browser = createClientInBrowser('helper-bearer')
  const first = new TransportOf2025(new URL(strict.resource), { authProvider: browser })
  await expect(new ClientOf2025(info).connect(first)).rejects.toBeInstanceOf(UnauthorizedErrorOf2025)
  await first.finishAuth(browser.landed().searchParams.get('code') ?? '')
  const second = new TransportOf2025(new URL(strict.resource), { authProvider: browser })
  await expect(new ClientOf2025(info).connect(second)).rejects.toThrow()
  expectEnded(browser.visits)
})

test(proves('interop:clients:no-loop', '2.x'), async () => {
  const browser = createClientInBrowser('helper-bearer')
  const first = new StreamableHTTPClientTransport(new URL(strict.resource), { authProvider: browser })
  await expect(new Client(info).connect(first)).rejects.toBeInstanceOf(UnauthorizedError)
  await first.finishAuth(browser.landed().searchParams)
  const second = new StreamableHTTPClientTransport(new URL(strict.resource), { authProvider: browser })
  await expect(new Client(info).connect(second)).rejects.toThrow()
  expectEnded(browser.visits)
})

/** A client that cannot bind its token is told so, asks the person at most once more, and stops. */
function expectEnded(visits: number): void {
  expect(visits).toBeLessThanOrEqual(2)
  const asked = strict.asked.splice(0)
  expect(asked.filter((one) => one === 'POST /mcp')).toHaveLength(2)
  expect(asked.length).toBeLessThanOrEqual(6)
  expect(strict.audit.events.at(-1)).toMatchObject({ outcome: 'denied', code: 'gateway.token-unbound' })
  expect(strict.ran).toEqual([])
}
