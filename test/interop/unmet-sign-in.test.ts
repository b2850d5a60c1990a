import { afterEach, expect, test } from 'vitest'
import { ACR_LEVELS, ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { agedPolicies } from '../fixtures/expense/aged-policies.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'
import { createPageBrowser } from './page-browser.ts'
import { startProvider } from './start-provider.ts'

const TOOL = 'approveExpense'
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
}

let close: () => Promise<void>
afterEach(() => close())

/** A house whose larger amounts need a strong sign-in of the last five minutes, and the provider that signs its people in. */
async function open(ignoresDemands: boolean) {
  const provider = await startProvider({ resources: {}, strength: { acrValues: ACR_LEVELS, ignoresDemands } })
  const policies = agedPolicies()
  const house = await openExpenseHouse({
    issuer: provider.issuer,
    configuration: {
      policies: policies.folder,
      maxAges: [300],
      pages: { issuer: provider.issuer, clientId: 'pages', stepUp: true },
      tools: { ...expenseTools, approveExpense: { ...expenseTools.approveExpense, transaction: 'optional' } },
    },
  })
  close = async () => {
    await house.close()
    await provider.close()
    policies.remove()
  }
  return house
}

/** A call of alice's agent of 2026-07-28, after a sign-in by password and long ago. */
async function ask(house: ExpenseHouse, args: object) {
  const old = Math.floor(house.clock() / 1000) - 4_000
  const alice = await house.agent('alice', { claims: { auth_time: old } })
  const call = async () => {
    const params = { name: TOOL, arguments: args, _meta: META }
    const beside = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': TOOL }
    const { headers, body } = await alice.post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }, beside)
    const { inputRequests } = (body.result ?? {}) as { inputRequests?: Record<string, { params: { url: string } }> }
    const [[kind, asked] = []] = Object.entries(inputRequests ?? {})
    const challenge = headers.get('www-authenticate') ?? ''
    return { kind, url: asked?.params.url ?? '', challenge: challenge.match(/(acr_values|max_age)="[^"]*"/g) }
  }
  return call
}

test(proves('edge:sign-in:unmet', 'the issuer ignores what it is asked'), async () => {
  const house = await open(true)
  const args = { invoiceId: (await house.invoice(600_000)).id }
  const before = await house.effects()
  const call = await ask(house, args)
  const { kind, url, challenge } = await call()
  expect([kind, challenge]).toEqual(['signIn', [`acr_values="${ACR_MFA}"`, 'max_age="300"']])
  const browser = createPageBrowser(house.origin, 'user:alice')
  for (let turn = 0; turn < 2; turn += 1) {
    const page = await browser.open(url)
    expect([page.status, browser.signIns]).toEqual([403, turn + 1])
    for (const said of ['This sign-in does not do', ACR_MFA, 'no older than 300 seconds', 'Nothing was allowed']) {
      expect(page.html).toContain(said)
    }
    expect([...browser.cookies.keys()]).toEqual([])
  }
  expect((await call()).kind, 'nothing is lost either').toBe('signIn')
  expect(await house.effects()).toBe(before)
})

test(proves('edge:sign-in:unmet', 'strong enough, and too old'), async () => {
  const house = await open(false)
  const args = { invoiceId: (await house.invoice(600_000)).id }
  // The issuer's clock stands behind, so what it signs in now is old here.
  house.advance(400_000)
  const call = await ask(house, args)
  const browser = createPageBrowser(house.origin, 'user:alice')
  expect((await browser.open((await call()).url)).status).toBe(403)
  expect((await call()).kind).toBe('signIn')
})

test(proves('edge:sign-in:bound', 'as long as it is fresh enough'), async () => {
  const house = await open(false)
  const args = { invoiceId: (await house.invoice(600_000)).id }
  house.advance(200_000)
  const call = await ask(house, args)
  const browser = createPageBrowser(house.origin, 'user:alice')
  const { url } = await call()
  const page = await browser.open(url)
  expect((await browser.press(page, url, 'approve')).status).toBe(200)
  expect((await call()).kind).toBe('approval')
  // It was made 200 seconds ago, so the other 100 are all that is left.
  house.advance(110_000)
  expect((await (await ask(house, args))()).kind).toBe('signIn')
})
