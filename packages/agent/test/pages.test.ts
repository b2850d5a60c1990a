import { createAgentFetch, createProofKey, type PageVisit } from '@lockstep/agent'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import type { Answer } from './local-server.ts'
import { calls, challenges, inTurn, refuses, result, says, sent, serve } from './serving.ts'

const key = await createProofKey()
const URL = 'https://pages.example/sign-in/1'
const page = (url = URL) => ({ mode: 'url', url, message: 'sign in there' })
/** A result that requires input, as a server of 2026-07-28 answers. */
const requires = (inputRequests: object, unlock?: object, state: unknown = 'sealed'): Answer => {
  const _meta = unlock && { 'lockstep/denial': { code: 'invocation.denied', unlock } }
  return says(200, {
    jsonrpc: '2.0',
    id: 1,
    result: { resultType: 'input_required', inputRequests, requestState: state, ...(_meta && { _meta }) },
  })
}
const asks = (params: object) => ({ method: 'elicitation/create', params })
const SIGN_IN = { acr: 'urn:mfa', maxAge: 60 }
const signIn = requires({ signIn: asks(page()) }, SIGN_IN)
/** The error of 2025-11-25. */
const required = (elicitations: readonly object[], unlock?: object) =>
  says(200, {
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32042, message: 'x', data: { elicitations, ...(unlock && { unlock }) } },
  })
const bodies = (server: { seen: readonly { body: string }[] }) =>
  server.seen.map(({ body }) => JSON.parse(body) as { params: Record<string, unknown> })

/** An agent whose person does the same on every page. */
function agent(answer: 'accept' | 'decline' | undefined, more: Partial<Parameters<typeof createAgentFetch>[0]> = {}) {
  const visits: Omit<PageVisit, 'signal'>[] = []
  const send = createAgentFetch({
    key,
    accessToken: 'token',
    onPage: async ({ signal: _, ...visit }) => {
      visits.push(visit)
      return answer
    },
    ...more,
  })
  return { visits, send }
}

test(proves('agent:pages', 'a result that requires input'), async () => {
  const server = await serve(inTurn(signIn, says(200, result)))
  const { visits, send } = agent('accept')
  const response = await send(server.origin, calls())
  expect(await response.json()).toEqual(result)
  expect(visits).toEqual([{ of: 'signIn', url: URL, message: 'sign in there', tool: 'pay', arguments: { id: 'a' } }])
  const [first, second] = bodies(server)
  expect(second?.params).toEqual({
    ...first?.params,
    requestState: 'sealed',
    inputResponses: { signIn: { action: 'accept' } },
  })
  expect(new Set(sent(server, 'idempotency-key')).size, 'one call').toBe(1)
})

test(proves('agent:pages', 'the person does not want to'), async () => {
  const server = await serve(inTurn(signIn, refuses(401, 'invocation.denied')))
  const { visits, send } = agent('decline')
  expect((await send(server.origin, calls())).status).toBe(401)
  expect(visits).toHaveLength(1)
  expect(bodies(server)[1]?.params.inputResponses).toEqual({ signIn: { action: 'decline' } })

  const older = await serve(required([page()]))
  const refused = await agent(undefined).send(older.origin, calls())
  expect(await refused.json(), 'it is told as the server said').toMatchObject({ error: { code: -32042 } })
  expect(older.seen).toHaveLength(1)
})

test(proves('agent:pages', 'the error -32042'), async () => {
  const server = await serve(inTurn(required([page()], SIGN_IN), says(200, result)))
  const { visits, send } = agent('accept')
  expect(await (await send(server.origin, calls())).json()).toEqual(result)
  expect(visits).toHaveLength(1)
  expect(server.seen[1]?.body, 'the very same call').toBe(server.seen[0]?.body)
})

test(proves('agent:pages:once'), async () => {
  for (const [answer, most] of [
    [signIn, 2],
    [required([page()], SIGN_IN), 2],
    [requires({ other: asks(page()) }), 2],
  ] as const) {
    const server = await serve(answer)
    const { visits, send } = agent('accept')
    const response = await send(server.origin, calls())
    expect(response.status).toBe(200)
    expect([visits.length, server.seen.length]).toEqual([1, most])
  }
  // A sign-in, then consent: each is another page.
  const approval = requires(
    { approval: asks(page('https://pages.example/approvals/2')) },
    { approval: { id: 'x' } },
    'two',
  )
  const server = await serve(inTurn(signIn, approval, signIn))
  const { visits, send } = agent('accept')
  await send(server.origin, calls())
  expect(visits.map(({ of }) => of)).toEqual(['signIn', 'approval'])
  expect(bodies(server).map(({ params }) => params.requestState)).toEqual([undefined, 'sealed', 'two'])
})

test(proves('agent:pages', 'a refused access token in between loses nothing'), async () => {
  const invalid = challenges(401, 'error="invalid_token"')
  const server = await serve(inTurn(signIn, invalid, says(200, result)))
  let turn = 0
  const { visits, send } = agent('accept', { accessToken: async () => ({ accessToken: `t${++turn}`, expiresIn: 60 }) })
  expect(await (await send(server.origin, calls())).json()).toEqual(result)
  expect(visits).toHaveLength(1)
  expect(bodies(server)[2]?.params.requestState).toBe('sealed')
})

test(proves('agent:pages', 'a token of a stronger sign-in instead'), async () => {
  for (const answer of [signIn, required([page()], SIGN_IN)]) {
    const server = await serve(inTurn(answer, says(200, result)))
    const demands: unknown[] = []
    const { visits, send } = agent('accept', {
      onStepUp: async (demand) => {
        demands.push(demand)
        return 'stronger'
      },
    })
    expect(await (await send(server.origin, calls())).json()).toEqual(result)
    expect([visits, demands]).toEqual([[], [{ acrValues: ['urn:mfa'], maxAge: 60 }]])
    expect(sent(server, 'authorization')).toEqual(['DPoP token', 'DPoP stronger'])
    expect(bodies(server)[1]?.params.requestState).toBeUndefined()
  }
})

test(proves('agent:pages:hostile'), async () => {
  const urls = [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://pages.example/',
    'data:text/html,x',
    `https://x/${'a'.repeat(9_000)}`,
    'no url',
    7,
  ]
  const answers = [
    ...urls.flatMap((url) => [
      requires({ a: asks({ mode: 'url', url, message: '' }) }),
      required([{ mode: 'url', url }]),
    ]),
    requires({ a: asks({ mode: 'form', message: 'your password', requestedSchema: {} }) }),
    requires({ a: asks(page()), b: { method: 'sampling/createMessage', params: {} } }),
    requires({ a: asks(page()), b: asks({ mode: 'form' }) }),
    requires({ a: asks(page()) }, undefined, { no: 'text' }),
    requires({}),
    required([]),
    required(Array.from({ length: 5 }, () => page())),
  ]
  for (const answer of answers) {
    const server = await serve(answer)
    const { visits, send } = agent('accept')
    const response = await send(server.origin, calls())
    expect([response.status, visits, server.seen.length]).toEqual([200, [], 1])
    expect(await response.json(), 'whole, for the client to read').toHaveProperty('jsonrpc')
  }
})

test(proves('agent:pages:declared'), async () => {
  const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'
  const server = await serve()
  const { send } = agent('accept')
  const post = (message: object) => ({ method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }) })
  const init = (capabilities: object) => post({ method: 'initialize', params: { capabilities } })
  const meta = (capabilities: object) =>
    post({ method: 'tools/list', params: { _meta: { [CAPABILITIES]: capabilities } } })
  const told = async (request: RequestInit) => {
    await send(server.origin, request)
    const { params } = JSON.parse(server.seen.at(-1)?.body ?? '')
    return params.capabilities ?? params._meta?.[CAPABILITIES] ?? params
  }
  for (const tells of [init, meta]) {
    expect(await told(tells({}))).toEqual({ elicitation: { url: {} } })
    expect(await told(tells({ elicitation: {}, roots: {} }))).toEqual({ elicitation: { form: {}, url: {} }, roots: {} })
    expect(await told(tells({ elicitation: { form: {} } }))).toEqual({ elicitation: { form: {}, url: {} } })
  }
  expect(await told(post({ method: 'tools/list', params: { cursor: 'a' } }))).toEqual({ cursor: 'a' })
  await send(server.origin, { method: 'POST', body: 'no message' })
  expect(server.seen.at(-1)?.body).toBe('no message')
  // Without anybody who opens pages, nothing is told and nothing is read.
  const plain = createAgentFetch({ key, accessToken: 'token' })
  await plain(server.origin, init({}))
  expect(JSON.parse(server.seen.at(-1)?.body ?? '').params.capabilities).toEqual({})
})

test(proves('agent:pages:once', 'no page for a call that may have happened'), async () => {
  let turn = 0
  const server = await serve((request, response, raw) => {
    turn += 1
    if (turn === 2) return void raw.socket.destroy()
    return signIn(request, response, raw)
  })
  const { visits, send } = agent('accept', { lostAnswers: 'ask-again', tries: 3 })
  const response = await send(server.origin, calls())
  expect(response.status).toBe(200)
  expect([visits.length, server.seen.length]).toEqual([1, 3])
})
