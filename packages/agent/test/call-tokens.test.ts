import { createAgentFetch, createProofKey, TokenExchangeRefused } from '@lockstep/agent'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import type { Answer, LocalServer } from './local-server.ts'
import { calls, challenges, inTurn, refuses, result, says, sent, serve } from './serving.ts'

const key = await createProofKey()
const TYPE = 'urn:ietf:params:oauth:token-type:txn_token'
const txnTokens = { trustDomain: 'example', scope: 'pay:all' }
const missing = refuses(403, 'invocation.txn-token-missing')

/** An MCP server with its token service: every issued token is another one, and a call is answered with one and refused without. */
function guarded(service: Answer = issue(), endpoint?: Answer): Answer {
  const guard: Answer = (request, response, raw) =>
    (request.headers['txn-token'] === undefined ? missing : says(200, result))(request, response, raw)
  return (request, response, raw) =>
    (request.path === '/.lockstep/token' ? service : (endpoint ?? guard))(request, response, raw)
}
function issue(): Answer {
  let count = 0
  return (...args) => says(200, { access_token: `t-${++count}`, issued_token_type: TYPE, token_type: 'N_A' })(...args)
}
const atEndpoint = ({ seen }: LocalServer) => seen.filter(({ path }) => path === '/mcp')
const tokensOf = (server: LocalServer) => atEndpoint(server).map(({ headers }) => headers['txn-token'])
const detailsOf = ({ seen }: LocalServer) =>
  seen
    .filter(({ path }) => path !== '/mcp')
    .map(({ body }) => JSON.parse(new URLSearchParams(body).get('request_details') ?? ''))

test(proves('agent:txn-token'), async () => {
  const server = await serve(guarded())
  const send = createAgentFetch({ key, accessToken: 'token', txnTokens })
  const url = `${server.origin}/mcp`
  expect((await send(url, calls('pay', { id: 'a' }))).status).toBe(200)
  expect((await send(url, calls('pay', { id: 'b' }))).status).toBe(200)
  expect(tokensOf(server), 'once demanded, always sent').toEqual([undefined, 't-1', 't-2'])
  expect(detailsOf(server)).toEqual([
    { tool: 'pay', arguments: { id: 'a' } },
    { tool: 'pay', arguments: { id: 'b' } },
  ])
  const form = Object.fromEntries(new URLSearchParams(server.seen[1]?.body))
  expect(form).toMatchObject({ audience: 'example', scope: 'pay:all', subject_token: 'token' })
  const [refused, sentAgain] = atEndpoint(server).map(({ headers }) => headers['idempotency-key'])
  expect(sentAgain).toBe(refused)
})

test(proves('agent:txn-token', 'always, and with a scope for each call'), async () => {
  const server = await serve(guarded())
  const scope = ({ tool }: { tool: string }) => `${tool}:once`
  const send = createAgentFetch({ key, accessToken: 'token', txnTokens: { ...txnTokens, scope, when: 'always' } })
  const url = `${server.origin}/mcp`
  const post = (body: string) => ({ method: 'POST', body })
  await send(new Request(url, calls('pay')))
  expect(tokensOf(server)).toEqual(['t-1'])
  expect(new URLSearchParams(server.seen[0]?.body).get('scope')).toBe('pay:once')
  // With nothing that is no call: the server would refuse it, and a token would be spent.
  const call = String(calls().body)
  const list = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })
  const unnamed = call.replace('"id":1,', '')
  for (const body of ['', 'null', '{', list, `[${call}]`, unnamed, JSON.stringify({ note: 'tools/call' })]) {
    await send(url, post(body))
  }
  await send(url, { method: 'DELETE', body: call })
  await send(url, { method: 'POST', body: Buffer.from(call) })
  expect(tokensOf(server).filter((token) => token !== undefined)).toEqual(['t-1'])
  expect(sent(server, 'idempotency-key').filter((found) => found !== undefined)).toHaveLength(1)
})

test.each(['txn-token-replayed', 'txn-token-invalid', 'resource-changed', 'policy-changed'])(
  proves('agent:txn-token', 'another one after %s'),
  async (code) => {
    const endpoint = inTurn(refuses(403, `invocation.${code}`), says(200, result))
    const server = await serve(guarded(issue(), endpoint))
    const send = createAgentFetch({ key, accessToken: 'token', txnTokens: { ...txnTokens, when: 'always' } })
    expect((await send(`${server.origin}/mcp`, calls())).status).toBe(200)
    expect(tokensOf(server)).toEqual(['t-1', 't-2'])
  },
)

const cut: Answer = (_, response) => void response.destroy()
const cutStream: Answer = async (_, response) => {
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': \n\n', () => void response.destroy())
  await closed
}

test.each([
  ['before the head', cut],
  ['in its stream', cutStream],
])(proves('agent:txn-token', 'no other one after an answer that was lost %s'), async (_, lose) => {
  // What used the token up may have been this very call, at a server that keeps no keys.
  const endpoint = inTurn(lose, refuses(403, 'invocation.txn-token-replayed'))
  const server = await serve(guarded(issue(), endpoint))
  const options = { txnTokens: { ...txnTokens, when: 'always' }, lostAnswers: 'ask-again', tries: 5 } as const
  const answer = await createAgentFetch({ key, accessToken: 'token', ...options })(`${server.origin}/mcp`, calls())
  expect(await answer.text()).toContain('invocation.txn-token-replayed')
  expect(tokensOf(server)).toEqual(['t-1', 't-1'])
})

test(proves('agent:txn-token', 'of somebody else is left alone'), async () => {
  const server = await serve(guarded(issue(), refuses(403, 'invocation.txn-token-replayed')))
  const send = createAgentFetch({ key, accessToken: 'token', txnTokens })
  const { headers, ...call } = calls()
  const answer = await send(`${server.origin}/mcp`, { ...call, headers: { ...headers, 'txn-token': 'own' } })
  expect(answer.status).toBe(403)
  expect(tokensOf(server)).toEqual(['own'])
})

test(proves('agent:txn-token', 'to no other origin'), async () => {
  const [home, other] = [await serve(guarded()), await serve(missing)]
  const send = createAgentFetch({ key, accessToken: 'token', resource: home.origin, txnTokens })
  expect((await send(`${other.origin}/mcp`, calls())).status).toBe(403)
  expect(other.seen.map(({ headers }) => [headers.authorization, headers['idempotency-key']])).toEqual([
    [undefined, undefined],
  ])
  expect(home.seen).toHaveLength(0)
  for (const [endpoint, resource] of [
    [`${other.origin}/token`, home.origin],
    ['//elsewhere.example/token', home.origin],
    ['/token', undefined],
  ] as const) {
    const options = { key, accessToken: 'token', resource, txnTokens: { ...txnTokens, endpoint } }
    expect(() => createAgentFetch(options), endpoint).toThrow('`txnTokens.endpoint`')
  }
})

describe('the service refuses', () => {
  const denied = (extra: object) => says(403, { error: 'access_denied', error_description: 'token', ...extra })

  test(proves('agent:txn-token', 'until somebody consents'), async () => {
    const waits = denied({ code: 'invocation.approval-required', approval_id: 'request-1' })
    const service = issue()
    const server = await serve(guarded(inTurn(waits, service)))
    const asked: string[] = []
    const onApproval = async ({ id }: { id: string }) => {
      asked.push(id)
      return 'approved' as const
    }
    const send = createAgentFetch({
      key,
      accessToken: 'token',
      txnTokens: { ...txnTokens, when: 'always' },
      onApproval,
    })
    expect((await send(`${server.origin}/mcp`, calls())).status).toBe(200)
    expect(asked).toEqual(['request-1'])
    expect(tokensOf(server), 'the call itself was sent once').toEqual(['t-1'])
  })

  test(proves('agent:txn-token', 'until somebody signs in'), async () => {
    const challenge = challenges(401, 'error="insufficient_user_authentication", acr_values="urn:mfa"')
    const server = await serve(guarded(inTurn(challenge, issue())))
    const send = createAgentFetch({ key, accessToken: 'weak', txnTokens, onStepUp: () => 'strong' })
    expect((await send(`${server.origin}/mcp`, calls())).status).toBe(200)
    expect(sent(server, 'authorization')).toEqual(['DPoP weak', 'DPoP weak', 'DPoP strong', 'DPoP strong'])
    expect(new URLSearchParams(server.seen[2]?.body).get('subject_token')).toBe('strong')
  })

  test(proves('agent:errors', 'an exchange'), async () => {
    const refusal = async (service: Answer) => {
      const server = await serve(guarded(service))
      const send = createAgentFetch({ key, accessToken: 'token', txnTokens })
      const error = await send(`${server.origin}/mcp`, calls()).catch((reason: unknown) => reason)
      if (!(error instanceof TokenExchangeRefused)) throw new Error('the exchange was refused')
      expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/token"|secret|CANARY/)
      const { status, code, acrValues, maxAge, approvalId } = error
      return { status, error: error.error, code, acrValues, maxAge, approvalId }
    }
    const nothing = { code: undefined, acrValues: [], maxAge: undefined, approvalId: undefined }
    expect(await refusal(denied({ code: 'invocation.denied' }))).toEqual({
      ...nothing,
      status: 403,
      error: 'access_denied',
      code: 'invocation.denied',
    })
    expect(await refusal(denied({ code: 'CANARY', secret: 'CANARY' }))).toMatchObject({ ...nothing, status: 403 })
    const waits = denied({ code: 'invocation.approval-required', approval_id: 'request-1' })
    expect(await refusal(waits)).toMatchObject({ code: 'invocation.approval-required', approvalId: 'request-1' })
    const challenge = 'error="insufficient_user_authentication", acr_values="urn:a urn:b", max_age="5"'
    expect(await refusal(challenges(401, challenge))).toMatchObject({ acrValues: ['urn:a', 'urn:b'], maxAge: 5 })
    const body = { error: 'insufficient_user_authentication', acr_values: 'urn:a', max_age: 7 }
    expect(await refusal(says(401, body))).toMatchObject({ error: body.error, acrValues: ['urn:a'], maxAge: 7 })
    expect(await refusal(refuses(503, 'state.unavailable'))).toMatchObject({
      status: 503,
      error: 'invalid_response',
      code: 'state.unavailable',
    })
  })
})
