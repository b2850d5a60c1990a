import { createTestIssuer, type TestAgentOptions } from '@lockstep/testing'
import { Client, type OAuthClientProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, describe, expect, test } from 'vitest'
import { openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { createYesServer } from '../fixtures/desk/yes-server.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

const info = { name: 'helper', version: '1' }
const generations = {
  '1.x': async (authProvider: OAuthClientProvider, fetch: typeof globalThis.fetch) => {
    const client = new ClientOf2025(info)
    await client.connect(new TransportOf2025(new URL(RESOURCE), { fetch, authProvider }))
    return client
  },
  '2.x': async (authProvider: OAuthClientProvider, fetch: typeof globalThis.fetch) => {
    const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(RESOURCE), { fetch, authProvider }))
    return client
  },
}

/** A desk that takes unbound tokens, a client's provider that is always given a new one, and what the desk was asked. */
async function open(options: Partial<TestAgentOptions>) {
  const issuer = await createTestIssuer({ audience: RESOURCE })
  const desk = await openDesk({
    issuers: [{ ...issuer.issuer, bearerUntil: new Date(Date.now() + 3_600_000) }],
    scopes: ['desk:use'],
    tools: {
      ...Object.fromEntries(['greet', 'vault', 'secret', 'fail'].map((tool) => [tool, {}])),
      wide: { scopes: ['desk:wide'] },
    },
  })
  const server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  opened.push(desk.lockstep, server)
  desk.reach(server.port)

  const issue = async () => {
    const claims = { cnf: undefined, ...options.claims }
    const who = {
      subject: 'user:ann',
      actor: desk.configuration.actors?.helper ?? 'spiffe://desk.example/agents/helper',
    }
    const { accessToken } = await issuer.agent({
      ...who,
      acr: 'urn:desk:pwd',
      scopes: ['desk:use'],
      ...options,
      claims,
    })
    return accessToken
  }
  const yes = createYesServer(desk, issue)
  const posts: number[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const theirs = await yes(request.clone())
    if (theirs) return theirs
    const response = await desk.fetch(request)
    if (request.method === 'POST') posts.push(response.status)
    return response
  }
  let tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>> = {
    access_token: await issue(),
    token_type: 'Bearer',
    refresh_token: 'refresh-0',
  }
  let browser = 0
  const provider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' },
    clientInformation: () => ({ client_id: 'helper' }),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved
    },
    saveCodeVerifier: () => undefined,
    codeVerifier: () => 'verifier',
    redirectToAuthorization: () => {
      browser += 1
    },
  }
  return { desk, provider, fetch, posts, yes, visits: () => browser }
}

describe.each(['1.x', '2.x'] as const)('a refused client of %s', (generation) => {
  const connect = generations[generation]

  test.each([
    ['a scope of the tool is missing', 'wide', 403, 'gateway.scope-insufficient'],
    ['a stronger sign-in is demanded', 'vault', 401, 'discovery.tool-locked'],
    ['the tool is not there', 'secret', 200, 'discovery.tool-unknown'],
  ] as const)(proves('admission:clients:bounded', `${generation}: %s`), async (_, tool, status, code) => {
    const { desk, provider, fetch, posts, yes, visits } = await open({})
    const client = await connect(provider, fetch)
    posts.splice(0)
    await expect(client.callTool({ name: tool, arguments: {} })).rejects.toThrow()
    await client.close()
    expect(posts.length).toBeLessThanOrEqual(3)
    expect(new Set(posts)).toEqual(new Set([status]))
    expect(yes.asked).toBeLessThanOrEqual(2)
    expect(visits()).toBeLessThanOrEqual(1)
    const codes = desk.audit.events.filter(({ outcome }) => outcome === 'denied').map((event) => event.code)
    expect(codes, 'each with its record').toEqual(posts.map(() => code))
    expect(desk.ran).toEqual([])
  })

  test.each([
    [
      'a token that is for somebody else',
      { claims: { aud: 'https://other.example/mcp' } },
      'gateway.token-invalid',
      401,
    ],
    ['a token that has expired', { expiresIn: -100 }, 'gateway.token-expired', 401],
    ['a token without the scope of the resource', { scopes: ['other'] }, 'gateway.scope-insufficient', 403],
    ['a token that names no actor', { actor: undefined, clientId: 'nobody' }, 'gateway.actor-missing', 403],
  ] as const)(
    proves('admission:clients:bounded', `${generation}: %s, however often it is renewed`),
    async (_, options, code, status) => {
      const { desk, provider, fetch, posts, yes, visits } = await open(options as Partial<TestAgentOptions>)
      await expect(connect(provider, fetch)).rejects.toThrow()
      expect(posts.length).toBeGreaterThan(0)
      expect(posts.length).toBeLessThanOrEqual(4)
      expect(new Set(posts)).toEqual(new Set([status]))
      if (status === 401) expect(yes.asked, 'it did try').toBeGreaterThan(0)
      expect(yes.asked).toBeLessThanOrEqual(3)
      expect(visits()).toBeLessThanOrEqual(1)
      expect(new Set(desk.audit.events.map((event) => event.code))).toEqual(new Set([code]))
      expect(desk.audit.events).toHaveLength(posts.length)
    },
  )

  test(proves('admission:clients:bounded', `${generation}: and none when it is accepted`), async () => {
    const { provider, fetch, posts, yes, desk } = await open({})
    const client = await connect(provider, fetch)
    await client.callTool({ name: 'greet', arguments: {} })
    expect(desk.ran).toHaveLength(1)
    await client.close()
    expect(posts.every((status) => status < 300)).toBe(true)
    expect(yes.asked, 'an accepted client is not challenged').toBe(0)
  })
})
