import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'
import { createPageBrowser } from './page-browser.ts'
import { type RunningProvider, startProvider } from './start-provider.ts'

const TOOL = 'approveExpense'
const PAGES = 'urn:lockstep:pages'

let provider: RunningProvider
let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  provider = await startProvider({ resources: {} })
  house = await openExpenseHouse({
    issuer: provider.issuer,
    configuration: {
      pages: { issuer: provider.issuer, clientId: 'pages' },
      tools: {
        ...expenseTools,
        approveExpense: {
          ...expenseTools.approveExpense,
          transaction: 'optional',
          shows: ['resource.amount'],
        },
      },
    },
  })
  alice = await house.agent('alice', { acr: ACR_MFA })
})
afterAll(async () => {
  await house.close()
  await provider.close()
})

const browserOf = (person: string) => createPageBrowser(house.origin, `user:${person}`)

/** A call of alice's agent that waits, and the page that it is decided on. */
async function waiting() {
  const { id } = await house.invoice(600_000)
  const call = () => alice.call(TOOL, { invoiceId: id })
  const { body } = await call()
  const approval = body.error?.data?.unlock?.approval?.id ?? ''
  expect(approval).toMatch(/^[\w-]{32}$/)
  return { id, call, approval, url: `${house.origin}/.lockstep/pages/approvals/${approval}` }
}

test(proves('edge:pages:decide', 'approve'), async () => {
  const { id, call, approval, url } = await waiting()
  const bob = browserOf('bob')
  const page = await bob.open(url)
  expect(page.status).toBe(200)
  expect(bob.signIns).toBe(1)
  for (const shown of [TOOL, id, '600000', 'user:alice', 'planner-42', '0 of 1', 'Approve', 'Deny']) {
    expect(page.html).toContain(shown)
  }
  expect((await call()).status, 'looking approves nothing').toBe(403)
  const trace = 'ab'.repeat(16)
  const headers = { traceparent: `00-${trace}-${'1'.repeat(16)}-01` }
  const pressed = await bob.press(page, url, 'approve', { headers })
  expect([pressed.status, pressed.headers.get('location')]).toEqual([303, url])
  expect(house.recorded(trace)).toMatchObject([
    { step: 'invocation', outcome: 'permitted', subject: 'user:bob', actor: PAGES, detail: { approval } },
  ])
  const after = await bob.open(url)
  expect(after.html).toContain('The call is consented to')
  expect(bob.signIns, 'one sign-in serves for a while').toBe(1)
  const done = await call()
  expect(done.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
  const intent = house.recorded(done.trace).find(({ step }) => step === 'invocation')
  expect(intent?.detail).toMatchObject({ approval })
  expect(JSON.stringify(intent?.detail), 'who consented').toContain('user:bob')
})

test(proves('edge:pages:decide', 'deny'), async () => {
  const { id, call, url } = await waiting()
  const bob = browserOf('bob')
  const pressed = await bob.press(await bob.open(url), url, 'deny')
  expect(pressed.status).toBe(303)
  expect((await bob.open(url)).html).toContain('The call is denied')
  const refused = await call()
  expect(refused.status).toBe(403)
  expect(refused.body.error?.data?.code).not.toBe('invocation.approval-required')
  expect(await house.status(id)).toBe('submitted')
})

test(proves('edge:pages:entitled'), async () => {
  const { id, call, approval, url } = await waiting()
  const own = browserOf('alice')
  const page = await own.open(url)
  expect(page.status).toBe(200)
  expect(page.html).toContain('You asked for this')
  expect(page.html).not.toContain('<form')
  const before = await house.effects()
  // With a form of one's own making, and the right secret out of the session of somebody who may.
  const bob = browserOf('bob')
  const csrf = /name="csrf" value="([^"]*)"/.exec((await bob.open(url)).html)?.[1] ?? ''
  const self = await own.press(page, url, 'approve', { csrf })
  expect(self.status).toBe(403)

  const unknown = `${house.origin}/.lockstep/pages/approvals/${'A'.repeat(32)}`
  for (const person of ['carol', 'dave', 'nobody']) {
    const other = browserOf(person)
    const [theirs, guessed] = [await other.open(url), await other.open(unknown)]
    expect([theirs.status, theirs.html], person).toEqual([guessed.status, guessed.html])
    expect(theirs.html).not.toMatch(new RegExp(`${id}|${approval}|600000`))
  }
  // Whether there is such a request is not told to whoever did not sign in.
  const nobody = browserOf('nobody')
  const [there, absent] = [await nobody.step(url), await nobody.step(unknown)]
  expect([there.status, absent.status]).toEqual([303, 303])
  expect((await call()).body.error?.data?.code).toBe('invocation.approval-required')
  expect(await house.effects()).toBe(before)
})

test(proves('edge:pages:forged'), async () => {
  const { call, url } = await waiting()
  const bob = browserOf('bob')
  const page = await bob.open(url)
  const before = await house.effects()
  const forgeries = [
    { csrf: '' },
    { csrf: 'A'.repeat(43) },
    { headers: { origin: 'https://evil.example' } },
    { headers: { origin: 'null' } },
    { headers: { 'sec-fetch-site': 'cross-site' } },
    { headers: { 'content-type': 'text/plain' } },
  ]
  for (const forgery of forgeries) {
    const refused = await bob.press(page, url, 'approve', forgery)
    expect([refused.status, forgery]).toEqual([403, forgery])
  }
  const session = [...bob.cookies]
  const [[name = '', value = ''] = []] = session
  expect(session).toHaveLength(1)
  const stolen: [string, string][][] = [
    [],
    [[name, `${value.slice(0, -2)}AA`]],
    [['__Host-lockstep-sign-in', value]],
    [[name, 'CANARY']],
  ]
  for (const cookies of stolen) {
    bob.cookies.clear()
    for (const [one, other] of cookies) bob.cookies.set(one, other)
    const refused = await bob.press(page, url, 'approve')
    expect([refused.status, refused.html]).toEqual([403, expect.not.stringContaining('CANARY')])
  }
  expect((await call()).body.error?.data?.code, 'nothing was decided').toBe('invocation.approval-required')
  // Its time ends, and the person signs in again.
  bob.cookies.clear()
  bob.cookies.set(name, value)
  expect((await bob.press(page, url, 'deny', { headers: {} })).status, 'what is left is the real one').toBe(303)
  house.advance(600_001)
  expect((await bob.step(url)).status, 'after ten minutes').toBe(303)
  expect(await house.effects()).toBe(before)
  alice = await house.agent('alice', { acr: ACR_MFA })
})

test(proves('edge:pages:forged', 'a sign-in'), async () => {
  const { url } = await waiting()
  const callback = `${house.origin}/.lockstep/pages/callback`
  const bob = browserOf('bob')
  for (const query of ['', '?code=CANARY&state=CANARY', '?error=access_denied']) {
    const refused = await bob.step(`${callback}${query}`)
    expect([refused.status, refused.html]).toEqual([403, expect.not.stringContaining('CANARY')])
  }
  // Somebody else's answer of the issuer does not sign this browser in.
  await bob.step(url)
  const kept = new Map(bob.cookies)
  const eve = browserOf('eve')
  const { signIn } = await import('./sign-in.ts')
  const started = await eve.step(url)
  const landed = await signIn(new URL(started.headers.get('location') ?? ''), 'user:eve', callback)
  expect((await bob.step(landed.href)).status).toBe(403)
  expect(bob.cookies, 'no session').toEqual(kept)
  expect((await eve.step(`${landed.href}&iss=https%3A%2F%2Fevil.example`)).status).toBe(403)
})

test(proves('edge:pages:revoked'), async () => {
  const { call, url } = await waiting()
  const bob = browserOf('bob')
  const page = await bob.open(url)
  await house.lockstep.revoke({ subject: { issuer: provider.issuer, id: 'user:bob' } }, 'the account was taken over')
  const refused = await bob.press(page, url, 'approve')
  expect(refused.status).toBe(403)
  expect((await call()).body.error?.data?.code).toBe('invocation.approval-required')
})

test(proves('edge:pages:harmless'), async () => {
  const { url } = await waiting()
  const own = browserOf('alice')
  const { headers } = await own.open(url)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'content-type': 'text/html; charset=utf-8',
  })
  for (const path of ['/.lockstep/pages/', '/.lockstep/pages/approvals/CANARY', '/.lockstep/pages/../token']) {
    const answer = await own.step(`${house.origin}${path}`)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.html).not.toContain('CANARY')
  }
  expect((await own.step(url, { method: 'PUT' })).status).toBe(405)
})
