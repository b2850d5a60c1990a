import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { proves } from '../requirements/index.ts'
import { type ClientInBrowser, createClientInBrowser } from './client-in-browser.ts'
import { type GuardedDesk, openGuardedDesk, type Place, takePlace } from './open-guarded-desk.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

const ACR = ['urn:desk:pwd', 'urn:desk:mfa'] as const
const VAULT = { name: 'vault', arguments: {} }

let folder: string
/** Seconds since whoever signs in now did so. */
let age = 0
const opened: { provider: RunningProvider; desk: GuardedDesk }[] = []

/** A desk whose vault wants a second factor of the last hour, and its provider. */
async function open(place: Place, ignoresDemands: boolean) {
  const resources = { [place.resource]: 'ES256' as const }
  const provider = await startProvider({ resources, strength: { acrValues: ACR, ignoresDemands, age: () => age } })
  const issuer = { issuer: provider.issuer, jwksUri: `${provider.issuer}/jwks` }
  const desk = await openGuardedDesk(
    place,
    { ...issuer, bearerUntil: new Date(Date.now() + 3_600_000) },
    { policies: folder, maxAges: [3_600], actors: { 'helper-bearer': HELPER, 'helper-refreshing': HELPER } },
  )
  opened.push({ provider, desk })
  return desk
}
const HELPER = 'spiffe://desk.example/agents/helper'

let desk: GuardedDesk
let ignored: GuardedDesk
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-vault-'))
  cpSync(fileURLToPath(new URL('../fixtures/desk/policies', import.meta.url)), folder, { recursive: true })
  for (const [name, from, to] of [
    ['schema.cedarschema', '  acr: Set<String>,\n};', '  acr: Set<String>,\n  signInAge?: Long,\n};'],
    ['desk.cedar', '("urn:desk:mfa") };', '("urn:desk:mfa") && context has signInAge && context.signInAge <= 3600 };'],
  ] as const) {
    const text = readFileSync(join(folder, name), 'utf8')
    writeFileSync(join(folder, name), text.replace(from, to))
  }
  desk = await open(await takePlace(), false)
  ignored = await open(await takePlace(), true)
})
afterAll(async () => {
  for (const { provider, desk: one } of opened) {
    await one.close()
    await provider.close()
  }
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  for (const { desk: one } of opened) {
    one.asked.splice(0)
    one.ran.splice(0)
  }
})

const info = { name: 'helper', version: '1' }

/** One client, as its application uses it. */
interface Application {
  call(): Promise<unknown>
  /** Hands the client what its browser came back with. */
  finish(): Promise<void>
  close(): Promise<void>
}
const CLIENTS: Record<string, (at: GuardedDesk, browser: ClientInBrowser) => Promise<Application>> = {
  '1.x': async (at, browser) => {
    const transport = () => new TransportOf2025(new URL(at.resource), { authProvider: browser, fetch: browser.fetch })
    const code = () => browser.landed().searchParams.get('code') ?? ''
    const first = transport()
    await expect(new ClientOf2025(info).connect(first)).rejects.toThrow('Unauthorized')
    await first.finishAuth(code())
    const [client, line] = [new ClientOf2025(info), transport()]
    await client.connect(line)
    return {
      call: () => client.callTool(VAULT),
      finish: () => line.finishAuth(code()),
      close: () => client.close(),
    }
  },
  '2.x': async (at, browser) => {
    const transport = () =>
      new StreamableHTTPClientTransport(new URL(at.resource), { authProvider: browser, fetch: browser.fetch })
    const first = transport()
    await expect(new Client(info).connect(first)).rejects.toThrow()
    await first.finishAuth(browser.landed().searchParams)
    const [client, line] = [new Client(info, { versionNegotiation: { mode: 'auto' } }), transport()]
    await client.connect(line)
    return {
      call: () => client.callTool(VAULT),
      finish: () => line.finishAuth(browser.landed().searchParams),
      close: () => client.close(),
    }
  },
}
const posts = ({ asked }: GuardedDesk) => asked.filter((one) => one === 'POST /mcp').length

describe.each(Object.entries(CLIENTS))('a client of %s', (generation, connect) => {
  test(proves('interop:step-up', generation), async () => {
    age = 7_200
    const browser = createClientInBrowser('helper-bearer')
    const application = await connect(desk, browser)
    expect([browser.visits, [...browser.wanted]]).toEqual([1, []])
    age = 0
    desk.asked.splice(0)
    // The call is refused once, and its person is sent to the authorization server, which signs them in anew.
    await expect(application.call()).rejects.toThrow()
    expect([...browser.wanted]).toEqual([
      ['acr_values', 'urn:desk:mfa'],
      ['max_age', '3600'],
    ])
    expect([browser.visits, posts(desk), desk.ran]).toEqual([2, 1, []])
    await application.finish()
    expect(await application.call()).toMatchObject({ structuredContent: { shown: 'CANARY' } })
    expect([browser.visits, posts(desk), desk.ran]).toEqual([2, 2, [{ tool: 'vault' }]])
    await application.close()
  })

  test(proves('interop:step-up:no-loop', `${generation}, ignored demands`), async () => {
    age = 7_200
    const browser = createClientInBrowser('helper-bearer')
    const application = await connect(ignored, browser)
    ignored.asked.splice(0)
    for (let turn = 1; turn <= 2; turn += 1) {
      await expect(application.call()).rejects.toThrow()
      // Once for each call: whether they are asked again is for the application to say.
      expect([browser.visits, posts(ignored)]).toEqual([turn + 1, turn])
      await application.finish()
    }
    expect(ignored.ran).toEqual([])
    await application.close()
  })

  test(proves('interop:step-up:no-loop', `${generation}, a token that is renewed on the old sign-in`), async () => {
    age = 7_200
    const browser = createClientInBrowser('helper-refreshing')
    browser.wanted.set('prompt', 'consent')
    browser.wanted.set('scope', 'openid offline_access tools:call')
    const application = await connect(desk, browser)
    expect((await browser.tokens())?.refresh_token).toEqual(expect.any(String))
    desk.asked.splice(0)
    await expect(application.call()).rejects.toThrow(/401|Unauthorized/)
    expect(browser.visits, 'nobody is asked').toBe(1)
    expect(posts(desk), 'the call, and once more with the renewed token').toBe(2)
    expect(desk.ran).toEqual([])
    await application.close()
  })
})
