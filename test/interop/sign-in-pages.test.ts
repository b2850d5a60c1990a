import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ACR_LEVELS, ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'
import { createPageBrowser } from './page-browser.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

const TOOL = 'approveExpense'
const PAGES = 'urn:lockstep:pages'

let provider: RunningProvider
let house: ExpenseHouse
let alice: HouseAgent
let bob: HouseAgent
/** What the official clients sent, so that a loop would show. */
const asked: string[] = []
beforeAll(async () => {
  provider = await startProvider({ resources: {}, strength: { acrValues: ACR_LEVELS } })
  house = await openExpenseHouse({
    issuer: provider.issuer,
    configuration: {
      pages: { issuer: provider.issuer, clientId: 'pages', stepUp: true },
      limits: { consentMs: 3_000 },
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction: 'optional' } },
    },
  })
  alice = await house.agent('alice')
  bob = await house.approver('bob')
})
afterAll(async () => {
  await house.close()
  await provider.close()
})
beforeEach(() => void asked.splice(0))

const send: typeof fetch = (input, init) => {
  asked.push((JSON.parse(String(init?.body ?? '{}')) as { method?: string }).method ?? 'GET')
  return alice.fetch(input, init)
}
const calls = () => asked.filter((method) => method === 'tools/call').length
const browserOf = (person: string) => createPageBrowser(house.origin, `user:${person}`)
/** Above the limit of a password and below that of a second person is nothing in this policy: both are needed. */
const large = async () => ({ invoiceId: (await house.invoice(600_000)).id })

/** What a person does who was sent to the page: signs in, looks, and presses a button. */
async function goThrough(url: string, answer = 'approve', person = 'alice') {
  const browser = browserOf(person)
  const page = await browser.open(url)
  if (page.status !== 200) return page
  return browser.press(page, url, answer)
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'planner', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
}

/** One call of 2026-07-28 as bytes, with whatever comes back from a round. */
function round(agent: HouseAgent, args: object, back: object = {}): Promise<WireAnswer> {
  return agent.post(
    { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: TOOL, arguments: args, _meta: META, ...back } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': TOOL },
  )
}
const accepted = { signIn: { action: 'accept' } }

interface Offered {
  readonly requestState: string
  readonly inputRequests: Record<string, { readonly params: { readonly url: string; readonly message: string } }>
}
/** The page that a call is answered with, and the state. */
function offered(answer: WireAnswer, kind = 'signIn') {
  const result = (answer.body.result ?? {}) as Partial<Offered>
  expect(Object.keys(result.inputRequests ?? {}), answer.text).toEqual([kind])
  return { url: result.inputRequests?.[kind]?.params.url ?? '', requestState: result.requestState ?? '' }
}

async function modern(onUrl: (url: string) => Promise<'accept' | 'decline'>) {
  const client = new Client(
    { name: 'planner', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => ({
    action: await onUrl(params.mode === 'url' ? params.url : 'a form'),
  }))
  await client.connect(new StreamableHTTPClientTransport(new URL(house.resource), { fetch: send }))
  return client
}

test(proves('edge:sign-in:rounds', 'a sign-in, then consent, each asked for once'), async () => {
  const args = await large()
  const pages: string[] = []
  const client = await modern(async (url) => {
    pages.push(url)
    if (url.includes('/sign-in/')) expect((await goThrough(url)).status).toBe(200)
    else setTimeout(() => void bob.consent(url.split('/').at(-1) ?? ''), 100)
    return 'accept'
  })
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
  expect(structuredContent).toEqual({ ...args, status: 'approved' })
  expect(await house.status(args.invoiceId)).toBe('approved')
  expect(pages.map((url) => url.split('/').at(-2))).toEqual(['sign-in', 'approvals'])
  expect(calls(), 'the call and a retry for each page').toBe(3)
  await client.close()
})

test(proves('edge:sign-in:rounds', 'the person does not want to, or stops on the page'), async () => {
  const args = await large()
  const before = await house.effects()
  for (const answer of ['decline', 'deny']) {
    const client = await modern(async (url) => {
      if (answer === 'decline') return 'decline'
      expect((await goThrough(url, 'deny')).html).toContain('Nothing was allowed')
      return 'accept'
    })
    asked.splice(0)
    await expect(client.callTool({ name: TOOL, arguments: args })).rejects.toThrow()
    expect(calls()).toBe(2)
    await client.close()
  }
  expect(await house.effects()).toBe(before)
})

test(proves('edge:sign-in:error'), async () => {
  const args = await large()
  const client = new ClientOf2025({ name: 'planner', version: '1' }, { capabilities: { elicitation: { url: {} } } })
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'decline' }))
  await client.connect(new TransportOf2025(new URL(house.resource), { fetch: send }))
  const before = await house.effects()
  const refused = () => client.callTool({ name: TOOL, arguments: args }).catch((error: unknown) => error)
  const first = (await refused()) as UrlElicitationRequiredError
  expect(first).toBeInstanceOf(UrlElicitationRequiredError)
  const [page] = first.elicitations
  expect(page).toEqual({
    mode: 'url',
    url: expect.stringMatching(new RegExp(`^${house.origin}/\\.lockstep/pages/sign-in/[\\w.-]+$`)),
    elicitationId: expect.stringMatching(/^[\w-]{36}$/),
    message: expect.stringContaining('sign-in'),
  })
  expect(page?.url, 'nothing of the call can be read there').not.toContain(args.invoiceId)
  expect(await house.effects()).toBe(before)
  expect((await goThrough(page?.url ?? '')).status).toBe(200)
  // Consent is another page; the sign-in is not used up by asking for it.
  const second = (await refused()) as UrlElicitationRequiredError
  expect(second.elicitations[0]?.url).toContain('/approvals/')
  expect((await bob.consent(second.elicitations[0]?.elicitationId ?? '')).status).toBe(200)
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: args })
  expect(structuredContent).toEqual({ ...args, status: 'approved' })
  expect(calls()).toBe(3)
  await client.close()
})

test(proves('edge:sign-in:bound'), async () => {
  const [args, other] = [await large(), await large()]
  const { url, requestState } = offered(await round(alice, args))
  expect((await goThrough(url)).status).toBe(200)
  // Another call, another key of the same pair, and another agent: each is led to a page of its own.
  const rekeyed = await house.agent('alice')
  const another = await house.agent('alice', { key: alice.key, actor: 'spiffe://expense.example/agents/planner-7' })
  offered(await round(alice, other))
  offered(await round(rekeyed, args))
  expect((await round(another, args)).body.result?.requestState).toBeUndefined()
  const approval = offered(await round(alice, args, { requestState, inputResponses: accepted }), 'approval')
  expect((await bob.consent(approval.url.split('/').at(-1) ?? '')).status).toBe(200)

  const trace = await round(alice, args)
  expect(trace.body.result?.structuredContent).toEqual({ ...args, status: 'approved' })
  const intent = house.recorded(trace.trace).find(({ step }) => step === 'invocation')
  expect(intent?.detail?.signIn, 'the record names it').toMatch(/^[\w-]{36}$/)
  // It was used up with the call: the next one starts anew, and so does the address.
  await house.data.pglite.query("update expenses set status = 'submitted' where id = $1", [args.invoiceId])
  const again = offered(await round(alice, args))
  expect(again.url).not.toBe(url)
  expect((await goThrough(url)).status, 'the old address once more').toBe(200)
  offered(await round(alice, args))
  expect(await house.status(args.invoiceId)).toBe('submitted')
})

test(proves('edge:sign-in:bound', 'of many calls at once, one'), async () => {
  const args = await large()
  expect((await goThrough(offered(await round(alice, args)).url)).status).toBe(200)
  const { url } = offered(await round(alice, args), 'approval')
  await bob.consent(url.split('/').at(-1) ?? '')
  const answers = await Promise.all(Array.from({ length: 8 }, () => round(alice, args)))
  const ran = answers.filter(({ body }) => body.result?.structuredContent)
  expect(ran).toHaveLength(1)
})

test(proves('edge:sign-in:bound', 'for a short time'), async () => {
  const args = await large()
  const { url } = offered(await round(alice, args))
  house.advance(600_001)
  alice = await house.agent('alice', { key: alice.key })
  expect((await goThrough(url)).status, 'an address that is too old').toBe(404)
  const fresh = offered(await round(alice, args))
  expect((await goThrough(fresh.url)).status).toBe(200)
  offered(await round(alice, args), 'approval')
  house.advance(300_001)
  alice = await house.agent('alice', { key: alice.key })
  offered(await round(alice, args))
})

test(proves('edge:sign-in:person'), async () => {
  const args = await large()
  const { url } = offered(await round(alice, args))
  const before = await house.effects()
  const altered = `${url.slice(0, -2)}AA`
  const pages: string[] = []
  for (const [person, address] of [
    ['bob', url],
    ['nobody', url],
    ['alice', altered],
  ] as const) {
    const browser = browserOf(person)
    const page = await browser.open(address)
    expect(page.status, person).toBe(404)
    expect(page.html).not.toMatch(new RegExp(`${args.invoiceId}|${TOOL}|alice`))
    expect([...browser.cookies.keys()], 'no session either').toEqual([])
    pages.push(page.html)
  }
  expect(new Set(pages).size, 'all the same').toBe(1)
  offered(await round(alice, args))
  expect(await house.effects()).toBe(before)
})

test(proves('edge:sign-in:confirmed'), async () => {
  const args = await large()
  const { url } = offered(await round(alice, args))
  const browser = browserOf('alice')
  const page = await browser.open(url)
  expect(page.status).toBe(200)
  for (const shown of [TOOL, args.invoiceId, 'user:alice', 'planner-42', 'only if you started it', 'go on', 'Stop']) {
    expect(page.html).toContain(shown)
  }
  offered(await round(alice, args))
  const forgeries = [
    { csrf: '' },
    { csrf: 'A'.repeat(43) },
    { headers: { origin: 'https://evil.example' } },
    { headers: { 'sec-fetch-site': 'cross-site' } },
    { headers: { 'content-type': 'text/plain' } },
  ]
  for (const forgery of forgeries) {
    expect([(await browser.press(page, url, 'approve', forgery)).status, forgery]).toEqual([403, forgery])
  }
  // A sign-in for another call of the same person is none for this one, and neither is a session of the approvals' pages.
  const elsewhere = offered(await round(alice, await large()))
  expect((await browser.press(page, elsewhere.url, 'approve')).status).toBe(403)
  const approver = browserOf('alice')
  await approver.open(`${house.origin}/.lockstep/pages/approvals/${'A'.repeat(32)}`)
  expect((await approver.press(page, url, 'approve')).status).toBe(403)
  expect((await browser.step(url, { method: 'PUT' })).status).toBe(405)
  offered(await round(alice, args))
  const trace = 'cd'.repeat(16)
  const headers = { traceparent: `00-${trace}-${'1'.repeat(16)}-01` }
  const pressed = await browser.press(page, url, 'approve', { headers })
  expect([pressed.status, [...browser.cookies]]).toEqual([200, []])
  expect(house.recorded(trace)).toMatchObject([
    { step: 'gateway', outcome: 'permitted', subject: 'user:alice', actor: PAGES, detail: { answer: 'approve' } },
  ])
  offered(await round(alice, args), 'approval')
})

test(proves('edge:sign-in:revoked'), async () => {
  const { issuer } = provider
  const revocables = [
    { subject: { issuer, id: 'user:alice' } },
    { actor: 'spiffe://expense.example/agents/planner-42' },
    { actor: PAGES },
  ]
  for (const revocable of revocables) {
    const args = await large()
    const [signed, waiting] = [offered(await round(alice, args)), offered(await round(alice, args))]
    expect((await goThrough(signed.url)).status).toBe(200)
    const browser = browserOf('alice')
    const page = await browser.open(waiting.url)
    offered(await round(alice, args), 'approval')
    await house.lockstep.revoke(revocable, 'a test')
    house.advance(15_000)
    alice = await house.agent('alice', { key: alice.key })
    bob = await house.approver('bob')
    offered(await round(alice, args))
    expect((await browser.press(page, waiting.url, 'approve')).status, JSON.stringify(revocable)).toBe(403)
    offered(await round(alice, args))
  }
})

test(proves('edge:sign-in:challenge'), async () => {
  // With a key that no client has declared anything for.
  alice = await house.agent('alice')
  const args = await large()
  const both = await round(alice, args)
  expect(both.status).toBe(200)
  const CHALLENGE = `error="insufficient_user_authentication", error_description="`
  expect(both.headers.get('www-authenticate')).toContain(CHALLENGE)
  expect(both.headers.get('www-authenticate')).toContain(`acr_values="${ACR_MFA}"`)
  expect(both.body.result).toMatchObject({ _meta: { 'lockstep/denial': { unlock: { acr: ACR_MFA } } } })
  const alone = await alice.call(TOOL, args)
  expect([alone.status, alone.body.error?.data?.code]).toEqual([401, 'invocation.denied'])
  expect(alone.headers.get('www-authenticate')).toContain(CHALLENGE)
  // A state that counts no more leads nowhere, and one round leads to the page once.
  const { requestState } = offered(both)
  const declined = await round(alice, args, { requestState })
  expect([declined.status, declined.body.error?.data?.code]).toEqual([401, 'invocation.denied'])
  expect((await round(alice, args, { requestState })).body.error?.data?.code).toBe('invocation.request-state-invalid')
})
