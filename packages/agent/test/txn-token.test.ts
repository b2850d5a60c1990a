import { createProofKey, requestTxnToken, TokenExchangeRefused, type TxnTokenRequestOptions } from '@lockstep/agent'
import { createProofVerifier } from '@lockstep/tokens'
import { afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf, type LocalServer, startServer } from './local-server.ts'

const open: LocalServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(answer: Answer): Promise<LocalServer> {
  const server = await startServer(answer)
  open.push(server)
  return server
}

const TYPE = 'urn:ietf:params:oauth:token-type:'
const issued = { access_token: 'h.p.s', issued_token_type: `${TYPE}txn_token`, token_type: 'N_A', expires_in: 60 }
const answer = (status: number, body: unknown, headers = {}): Answer => {
  return (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .write(typeof body === 'string' ? body : JSON.stringify(body))
}

async function ask(answers: Answer, change: Partial<TxnTokenRequestOptions> = {}) {
  const server = await start(answers)
  const key = await createProofKey()
  const result = requestTxnToken({
    endpoint: `${server.origin}/txn-token`,
    key,
    accessToken: 'access-token',
    trustDomain: 'example.org',
    scope: 'expenses:approve',
    tool: 'approveExpense',
    arguments: { invoiceId: 'INV-8831' },
    ...change,
  })
  return { server, key, result }
}

describe(proves('invocation:txn-token:agent'), () => {
  test('what is sent', async () => {
    const { server, key, result } = await ask(answer(200, issued))
    expect(await result).toBe('h.p.s')
    const [request] = server.seen
    expect(request).toMatchObject({ method: 'POST', path: '/txn-token' })
    expect(request?.headers).toMatchObject({
      authorization: 'DPoP access-token',
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: 'example.org',
      scope: 'expenses:approve',
      requested_token_type: `${TYPE}txn_token`,
      subject_token: 'access-token',
      subject_token_type: `${TYPE}access_token`,
      request_details: '{"tool":"approveExpense","arguments":{"invoiceId":"INV-8831"}}',
    })
    const proved = await createProofVerifier().verify({
      proofJwt: String(request?.headers.dpop),
      method: 'POST',
      url: `${server.origin}/txn-token`,
      accessToken: 'access-token',
      thumbprint: key.thumbprint,
    })
    expect(proved).toMatchObject({ ok: true })
  })

  test('a nonce is used', async () => {
    const { server, result } = await ask((request, response, raw) => {
      const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' }
      const fresh = claimsOf(request.headers.dpop).nonce === 'n-1'
      return (fresh ? answer(200, issued) : answer(401, {}, challenge))(request, response, raw)
    })
    expect(await result).toBe('h.p.s')
    expect(server.seen).toHaveLength(2)
  })

  test.each([
    ['denied', answer(403, { error: 'access_denied', error_description: 'access-token' }), 403, 'access_denied'],
    ['wider', answer(400, { error: 'invalid_scope' }), 400, 'invalid_scope'],
    ['no JSON', answer(502, '<html>'), 502, 'invalid_response'],
    ['an access token', answer(200, { ...issued, issued_token_type: `${TYPE}access_token` }), 200, 'invalid_response'],
    ['a bearer token', answer(200, { ...issued, token_type: 'Bearer' }), 200, 'invalid_response'],
    ['no token', answer(200, { ...issued, access_token: '' }), 200, 'invalid_response'],
  ] as const)('%s', async (_, answers, status, error) => {
    const { result } = await ask(answers)
    const refused = await result.catch((reason: unknown) => reason)
    expect(refused).toBeInstanceOf(TokenExchangeRefused)
    expect(refused).toMatchObject({ status, error })
    expect(`${refused} ${JSON.stringify(refused)}`).not.toContain('access-token')
  })

  test('no redirect is followed', async () => {
    const { server, result } = await ask((_, response) => response.writeHead(307, { location: '/elsewhere' }))
    await expect(result).rejects.toThrow()
    expect(server.seen.map(({ path }) => path)).toEqual(['/txn-token'])
  })

  test('an unknown option is refused before anything is sent', async () => {
    const { server, result } = await ask(answer(200, issued), Object.assign({ scope: 'a' }, { scopes: 'a' }))
    await expect(result).rejects.toThrow('unknown option `scopes`')
    expect(server.seen).toEqual([])
  })
})
