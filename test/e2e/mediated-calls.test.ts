import type { JsonValue } from '@lockstep/core'
import { signProof } from '@lockstep/tokens'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Identity } from '../fixtures/certificates/authority.ts'
import { HELPER, RESOURCE } from '../fixtures/desk/desk.ts'
import { EDGE, type MediatedDesk, openMediatedDesk, SERVICE } from '../fixtures/desk/mediated-desk.ts'
import { proves } from '../requirements/index.ts'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const ARGS = { name: 'bob', times: 1 }

let world: MediatedDesk
beforeAll(async () => {
  world = await openMediatedDesk()
})
beforeEach(() => {
  world.ran.length = 0
  world.inHandler = undefined
})
afterAll(() => world.close())

const scopes = ['greetings']
const ann = (options: Parameters<MediatedDesk['desk']['agent']>[0] = {}) => world.desk.agent({ scopes, ...options })

function form(subject: string, changes: Readonly<Record<string, string>> = {}): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: 'desk.example',
    scope: 'greetings',
    requested_token_type: `${TYPE}txn_token`,
    subject_token: subject,
    subject_token_type: `${TYPE}access_token`,
    request_details: JSON.stringify({ tool: 'greet', arguments: ARGS }),
    ...changes,
  })
}

async function issue(identity: Identity, subject: string, changes?: Readonly<Record<string, string>>): Promise<string> {
  const answer = await world.ask(identity, form(subject, changes))
  expect(answer.status).toBe(200)
  return String(((await answer.json()) as { access_token: string }).access_token)
}

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

test(proves('transactions:mediated'), async () => {
  const { accessToken } = await ann()
  const answer = await world.ask(world.edge, form(accessToken, { client_id: EDGE }))
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const { access_token: jwt, ...rest } = (await answer.json()) as { access_token: string }
  expect(rest).toMatchObject({ issued_token_type: `${TYPE}txn_token`, token_type: 'N_A', scope: 'greetings' })
  expect(claimsOf(jwt)).toMatchObject({
    aud: 'desk.example',
    sub: 'user:ann',
    act: { sub: HELPER },
    req_wl: EDGE,
    cnf: { 'x5t#S256': expect.any(String) },
    tctx: { tool: 'greet', audience: SERVICE },
    rctx: { acr: 'urn:desk:pwd', proof: 'mtls' },
  })
  const done = await world.call(world.edge, ARGS, { 'txn-token': jwt })
  expect([done.status, await done.json()]).toEqual([200, { greeting: 'hello bob' }])
  expect(world.ran).toMatchObject([
    {
      tool: 'greet',
      arguments: ARGS,
      caller: { subject: { id: 'user:ann' }, actor: { id: HELPER }, proof: { kind: 'mtls' } },
    },
  ])
  const again = await world.call(world.edge, ARGS, { 'txn-token': jwt })
  expect([again.status, await again.json()]).toMatchObject([403, { error: 'invocation.txn-token-replayed' }])
  expect(world.ran).toHaveLength(1)
  const recorded = world.desk.audit.events.filter(({ detail }) => detail?.mediator === EDGE)
  expect(recorded).toMatchObject([
    { outcome: 'permitted', subject: 'user:ann', actor: HELPER, detail: { tool: 'greet' } },
  ])
  expect(JSON.stringify(world.desk.audit.events)).not.toContain(jwt)
})

test(proves('transactions:mediated', 'a token of the agent, replaced by the gateway that it was sent to'), async () => {
  const { accessToken, key } = await ann()
  const url = `${new URL(RESOURCE).origin}/.lockstep/token`
  const dpop = await signProof(key, { method: 'POST', url, accessToken })
  const headers = { authorization: `DPoP ${accessToken}`, dpop }
  const direct = (await (await world.ask(undefined, form(accessToken), headers)).json()) as { access_token: string }
  expect(claimsOf(direct.access_token).cnf).toEqual({ jkt: key.thumbprint })
  // It is the agent's, and the gateway cannot use it as it is.
  const held = await world.call(world.edge, ARGS, { 'txn-token': direct.access_token })
  expect([held.status, await held.json()]).toMatchObject([403, { error: 'invocation.txn-caller-mismatch' }])
  const jwt = await issue(world.edge, direct.access_token, { subject_token_type: `${TYPE}txn_token` })
  expect(claimsOf(jwt)).toMatchObject({ txn: claimsOf(direct.access_token).txn, req_wl: EDGE })
  expect((await world.call(world.edge, ARGS, { 'txn-token': jwt })).status).toBe(200)
  expect(world.ran).toHaveLength(1)
})

test(proves('transactions:mediated:details'), async () => {
  const { tools } = world
  const details = [{ type: 'mcp_tool_call', locations: [RESOURCE, SERVICE], tool: 'greet' }]
  const granted: unknown[] = []
  world.inHandler = async () => {
    const asked = [
      tools.grant({ purpose: 'look around', tool: 'wide' }),
      tools.grant({ purpose: 'greet somebody else', tool: 'greet', arguments: { name: 'eve', times: 2 } }),
      tools.grant({ purpose: 'greet once more' }),
    ]
    for (const one of await Promise.allSettled(asked)) {
      granted.push(one.status === 'rejected' ? one.reason.code : 'granted')
    }
  }
  const through = async (claims: Record<string, JsonValue>) => {
    const { accessToken } = await ann({ claims })
    const jwt = await issue(world.edge, accessToken)
    const done = await world.call(world.edge, ARGS, { 'txn-token': jwt })
    expect(done.status).toBe(200)
    return { limited: claimsOf(jwt).rctx.limited, granted: granted.splice(0) }
  }
  expect(await through({})).toEqual({ limited: undefined, granted: ['granted', 'granted', 'granted'] })
  const refused = 'invocation.details-insufficient'
  expect(await through({ authorization_details: details })).toEqual({
    limited: true,
    granted: [refused, refused, 'granted'],
  })
})

test(proves('transactions:mediated:refused', 'who is no gateway'), async () => {
  const { accessToken } = await ann()
  const helper = await world.authority.issue({ uris: [HELPER] })
  const stranger = await world.authority.issue({ uris: ['spiffe://elsewhere.example/gateways/edge'] })
  const plain = await world.authority.issue({ subject: 'CN=edge' })
  for (const identity of [undefined, helper, stranger, plain]) {
    const answer = await world.ask(identity, form(accessToken))
    const text = await answer.text()
    expect([answer.status, text.includes('access_token')]).toEqual([401, false])
    expect(text).not.toContain(accessToken)
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP /)
  }
})

test(proves('transactions:mediated:refused', 'what it was not sent'), async () => {
  const { accessToken } = await ann()
  const late = await ann({ expiresIn: -5 })
  const unbound = await ann({ claims: { cnf: undefined } })
  const elsewhere = await ann({ claims: { aud: 'https://other.example/mcp' } })
  const nobody = await ann({ actor: undefined })
  const refusals: readonly (readonly [URLSearchParams, number, object])[] = [
    [form('CANARY'), 400, { error: 'invalid_request', code: 'gateway.token-invalid' }],
    [form(late.accessToken), 400, { error: 'invalid_request', code: 'gateway.token-expired' }],
    [form(unbound.accessToken), 400, { error: 'invalid_request', code: 'gateway.token-unbound' }],
    [form(elsewhere.accessToken), 400, { error: 'invalid_request', code: 'gateway.token-invalid' }],
    [form(nobody.accessToken), 400, { error: 'invalid_request', code: 'gateway.actor-missing' }],
    [form(accessToken, { subject_token: '' }), 400, { error: 'invalid_request' }],
    [form(accessToken, { client_id: 'somebody' }), 400, { error: 'invalid_request' }],
    [form(accessToken, { audience: 'other.example' }), 400, { error: 'invalid_target' }],
    [form(accessToken, { scope: 'greetings all' }), 400, { error: 'invalid_scope' }],
    [form(accessToken, { subject_token_type: `${TYPE}txn_token` }), 400, { error: 'invalid_request' }],
    [form(accessToken, { request_details: '{"tool":"secret","arguments":{}}' }), 403, { error: 'access_denied' }],
  ]
  for (const [sent, status, told] of refusals) {
    const answer = await world.ask(world.edge, sent)
    const text = await answer.text()
    expect({ status: answer.status, ...JSON.parse(text) }).toMatchObject({ status, ...told })
    expect(text).not.toMatch(/access_token"|CANARY/)
    expect(answer.headers.get('www-authenticate')).toBeNull()
  }
  const twice = form(accessToken)
  twice.append('subject_token', accessToken)
  expect((await world.ask(world.edge, twice)).status).toBe(400)
  expect(world.ran).toEqual([])
})

test(proves('transactions:mediated:refused', 'at the tool, and each leaves the token unused'), async () => {
  const { accessToken, key } = await ann()
  const jwt = await issue(world.edge, accessToken)
  const proved = async () => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await signProof(key, { method: 'POST', url: SERVICE, accessToken }),
    'txn-token': jwt,
  })
  const refusals: readonly (readonly [Identity | undefined, object, Record<string, string>, number, string])[] = [
    [undefined, ARGS, { 'txn-token': jwt }, 401, 'gateway.credentials-missing'],
    [world.other, ARGS, { 'txn-token': jwt }, 403, 'invocation.txn-caller-mismatch'],
    [undefined, ARGS, await proved(), 403, 'invocation.txn-caller-mismatch'],
    [world.edge, ARGS, await proved(), 403, 'gateway.actor-contradicted'],
    [world.edge, { ...ARGS, name: 'eve' }, { 'txn-token': jwt }, 403, 'invocation.txn-params-mismatch'],
    [world.edge, ARGS, {}, 403, 'invocation.txn-token-missing'],
    [world.edge, ARGS, { 'txn-token': accessToken }, 403, 'invocation.txn-token-invalid'],
    [world.edge, ARGS, { 'txn-token': `${jwt}, ${jwt}` }, 403, 'invocation.txn-token-invalid'],
  ]
  const admitted = () =>
    world.desk.audit.events.filter(({ step, outcome }) => step === 'gateway' && outcome === 'permitted').length
  const before = admitted()
  const other = await world.call(world.other, ARGS, { 'txn-token': jwt })
  expect([other.status, admitted()], 'it is not even admitted').toEqual([403, before])
  for (const [identity, args, headers, status, code] of refusals) {
    const answer = await world.call(identity, args, headers)
    expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({ status, error: code })
  }
  expect(world.ran).toEqual([])
  expect((await world.call(world.edge, ARGS, { 'txn-token': jwt })).status).toBe(200)
})

test(proves('transactions:mediated:refused', 'for whom was revoked'), async () => {
  const issuer = world.desk.issuer.issuer.issuer
  const { accessToken } = await ann({ claims: { jti: 'revoked-one' } })
  await world.desk.lockstep.revoke({ token: { issuer, id: 'revoked-one' } }, 'a test')
  const answer = await world.ask(world.edge, form(accessToken))
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'gateway.token-revoked' }])
})

test(proves('transactions:narrowed', 'by a capability, and by details, over HTTP'), async () => {
  const { accessToken, key } = await ann()
  const url = `${new URL(RESOURCE).origin}/.lockstep/token`
  const ask = async (changes: Record<string, string>) => {
    const dpop = await signProof(key, { method: 'POST', url, accessToken })
    const answer = await world.ask(undefined, form(accessToken, changes), {
      authorization: `DPoP ${accessToken}`,
      dpop,
    })
    return { status: answer.status, ...((await answer.json()) as object) }
  }
  const withCapability = { tool: 'greet', arguments: ARGS, capability: 'a.b.c' }
  expect(await ask({ request_details: JSON.stringify(withCapability) })).toMatchObject({
    status: 403,
    error: 'access_denied',
    code: 'invocation.capability-invalid',
  })
  const details = (name: string) =>
    JSON.stringify([
      { type: 'mcp_tool_call', locations: [SERVICE], tool: 'greet', arguments: { name: { equals: name } } },
    ])
  expect(await ask({ authorization_details: details('eve') })).toMatchObject({
    status: 403,
    code: 'invocation.details-insufficient',
  })
  expect(await ask({ authorization_details: details('bob'), resource: SERVICE })).toMatchObject({ status: 200 })
  expect(await ask({ resource: RESOURCE })).toMatchObject({ status: 400, error: 'invalid_target' })
})

test(proves('transactions:alone', 'it serves nothing else'), async () => {
  const { accessToken, key } = await ann()
  const { createCertifiedFetch } = await import('../interop/certified-fetch.ts')
  const get = createCertifiedFetch(world.authority.pem)
  for (const path of ['/', '/mcp', '/.well-known/other', '/.lockstepx', '/%2elockstep/token']) {
    const dpop = await signProof(key, { method: 'GET', url: `${new URL(RESOURCE).origin}${path}`, accessToken })
    const answer = await get(world.origin + path, { headers: { authorization: `DPoP ${accessToken}`, dpop } })
    expect([path, answer.status]).toEqual([path, 404])
  }
  expect(await (await get(`${world.origin}/health`)).json()).toEqual({ status: 'ok' })
  expect((await get(`${world.origin}/.well-known/oauth-protected-resource/mcp`)).status).toBe(200)
  expect((await get(`${world.origin}/.lockstep/other`)).status).toBe(401)

  const before = world.desk.audit.events.length
  const url = `${new URL(RESOURCE).origin}/mcp`
  const dpop = await signProof(key, { method: 'POST', url, accessToken })
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: ARGS } }
  const called = await get(`${world.origin}/mcp`, {
    method: 'POST',
    headers: { authorization: `DPoP ${accessToken}`, dpop, 'content-type': 'application/json' },
    body: JSON.stringify(call),
  })
  expect([called.status, await called.json()]).toEqual([404, { error: 'not_found' }])
  expect(world.desk.audit.events.length, 'nobody was even admitted').toBe(before)
})
