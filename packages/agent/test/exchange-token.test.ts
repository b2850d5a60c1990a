import {
  createProofKey,
  createSigningKey,
  exchangeToken,
  signActorToken,
  type TokenExchangeOptions,
  TokenExchangeRefused,
} from '@lockstep/agent'
import { afterEach, describe, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf, type LocalServer, startServer } from './local-server.ts'

const open: LocalServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const grant = { access_token: 'new-token', token_type: 'DPoP', expires_in: 60, scope: 'a' }
const answer = (status: number, body: unknown, headers = {}): Answer => {
  return (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .write(typeof body === 'string' ? body : JSON.stringify(body))
}

async function exchange(answers: Answer, change: Partial<TokenExchangeOptions> = {}) {
  const server = await startServer(answers)
  open.push(server)
  const options = {
    tokenEndpoint: `${server.origin}/token`,
    key: await createProofKey(),
    subjectToken: 'subject-token',
    actorToken: 'actor-token',
    clientId: 'planner',
    resource: 'https://mcp.example/mcp',
    scope: 'a b',
    ...change,
  }
  return { server, result: exchangeToken(options) }
}

test(proves('gateway:agent:exchange'), async () => {
  const { server, result } = await exchange(answer(200, grant))
  expect(await result).toEqual({ accessToken: 'new-token', expiresIn: 60, scope: 'a' })
  const [request] = server.seen
  expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'subject-token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    actor_token: 'actor-token',
    actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: 'https://mcp.example/mcp',
    scope: 'a b',
    client_id: 'planner',
  })
  expect(claimsOf(request?.headers.dpop)).toMatchObject({ htm: 'POST', htu: `${server.origin}/token` })
  expect(claimsOf(request?.headers.dpop)).not.toHaveProperty('ath')
})

test(proves('gateway:agent:exchange', 'with a nonce'), async () => {
  const { server, result } = await exchange((request, response, raw) => {
    const nonced = claimsOf(request.headers.dpop).nonce === 'n-1'
    const asked = answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n-1' })
    return (nonced ? answer(200, grant) : asked)(request, response, raw)
  })
  expect(await result).toMatchObject({ accessToken: 'new-token' })
  expect(server.seen).toHaveLength(2)
})

describe('client authentication', () => {
  test(proves('gateway:agent:exchange', 'client_secret_basic'), async () => {
    const { server, result } = await exchange(answer(200, grant), {
      clientId: 'a:b',
      clientAuthentication: { method: 'secret', secret: 'p w%' },
    })
    await result
    const [, encoded = ''] = String(server.seen[0]?.headers.authorization).split(' ')
    expect(Buffer.from(encoded, 'base64').toString()).toBe('a%3Ab:p+w%25')
    expect(server.seen[0]?.body).not.toContain('client_id')
  })

  test(proves('gateway:agent:exchange', 'private_key_jwt'), async () => {
    const { server, result } = await exchange(answer(200, grant), {
      clientAuthentication: { method: 'key', key: await createSigningKey(), audience: 'https://as.example' },
    })
    await result
    const form = new URLSearchParams(server.seen[0]?.body)
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(claimsOf(form.get('client_assertion'))).toMatchObject({
      iss: 'planner',
      sub: 'planner',
      aud: 'https://as.example',
    })
  })
})

test.each([
  ['refused', answer(400, { error: 'invalid_target', error_description: 'subject-token' }), 400, 'invalid_target'],
  ['refused at length', answer(400, { error: 'subject-token <script>' }), 400, 'invalid_response'],
  ['no JSON', answer(502, '<html>'), 502, 'invalid_response'],
  ['an unbound token', answer(200, { ...grant, token_type: 'Bearer' }), 200, 'invalid_response'],
  ['no token', answer(200, { token_type: 'DPoP' }), 200, 'invalid_response'],
  ['nonces without end', answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n' }), 400, 'use_dpop_nonce'],
] as const)(proves('gateway:agent:exchange', '%s'), async (_, answers, status, error) => {
  const { result } = await exchange(answers)
  const refused = await result.catch((reason: unknown) => reason)
  expect(refused).toBeInstanceOf(TokenExchangeRefused)
  expect(refused).toMatchObject({ status, error })
  expect(`${refused} ${JSON.stringify(refused)}`).not.toContain('subject-token')
})

test(proves('gateway:agent:exchange', 'no redirect'), async () => {
  const { server, result } = await exchange((_, response) => response.writeHead(307, { location: '/elsewhere' }))
  await expect(result).rejects.toThrow()
  expect(server.seen.map(({ path }) => path)).toEqual(['/token'])
})

test(proves('gateway:agent:exchange', "the agent's own statement"), async () => {
  const key = await createSigningKey()
  const statement = { key, actor: 'spiffe://example/agents/planner-42', audience: 'https://as.example' }
  const token = await signActorToken({ ...statement, clock: () => 1_800_000_000_000 })
  expect(claimsOf(token)).toEqual({
    iss: statement.actor,
    sub: statement.actor,
    aud: statement.audience,
    iat: 1_800_000_000,
    exp: 1_800_000_060,
    jti: expect.any(String),
  })
  expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
    alg: 'ES256',
    typ: 'actor+jwt',
    kid: key.thumbprint,
  })
  expect(claimsOf(await signActorToken(statement)).jti).not.toBe(claimsOf(token).jti)
  expect(() => signActorToken({ ...statement, expiresIn: 61 })).toThrow(TypeError)
})
