import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAgentIdentity } from '../../examples/expense-approval/agent/agent-identity.ts'
import { fetchMetadata } from '../../examples/expense-approval/agent/authorization-server-metadata.ts'
import { type AuthorizeOptions, authorize } from '../../examples/expense-approval/agent/authorize.ts'
import { clientAssertion } from '../../examples/expense-approval/agent/client-assertion.ts'
import { createCookieJar } from '../../examples/expense-approval/agent/cookie-jar.ts'
import { signIn } from '../../examples/expense-approval/agent/sign-in.ts'
import { startAuthorizationServer } from '../../examples/expense-approval/authorization-server/start-authorization-server.ts'
import { createAccessTokenVerifier, createProofKey } from '../../packages/engines/tokens/src/index.ts'
import { proves } from '../requirements/index.ts'
import {
  ALL_SCOPES,
  claimsOf,
  type Fixture,
  postToken,
  proofBy,
  RESOURCE,
  startFixture,
} from './authorization-server-fixture.ts'

const PWD = 'urn:expense:acr:pwd'
const MFA = 'urn:expense:acr:mfa'
const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-to-take-it'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.server.close())

async function codeFor(changes: Partial<AuthorizeOptions> = {}): Promise<string> {
  return authorize({
    server: await fetchMetadata(fixture.server.issuer),
    clientId: fixture.agent.clientId,
    credentials: { name: 'alice', password: 'demo-password' },
    acr: PWD,
    resource: RESOURCE,
    scope: ALL_SCOPES,
    codeChallenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    ...changes,
  })
}

/** A browser with its own cookies, that follows nothing by itself. */
function createBrowser() {
  const cookies = createCookieJar()
  const { server, agent } = fixture
  const visit = async (url: URL, form?: Record<string, string> | [string, string][]): Promise<Response> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookies.header() },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    cookies.keep(response)
    return response
  }
  /** Asks for a code, and says where the server sends the browser. An empty parameter is left out. */
  const ask = async (changes: Record<string, string>): Promise<URL> => {
    const parameters = {
      response_type: 'code',
      client_id: agent.clientId,
      redirect_uri: 'http://127.0.0.1/callback',
      scope: 'openid expenses:read',
      resource: RESOURCE,
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    }
    const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''))
    const response = await visit(new URL(`/auth?${query}`, server.issuer))
    return new URL(response.headers.get('location') ?? '', server.issuer)
  }
  return { visit, ask }
}

async function codeForm(code: string, changes: Record<string, string> = {}): Promise<Record<string, string>> {
  return {
    ...(await clientAssertion(fixture.agent, fixture.server.issuer)),
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://127.0.0.1/callback',
    code_verifier: VERIFIER,
    ...changes,
  }
}

describe('metadata', () => {
  test.each(['openid-configuration', 'oauth-authorization-server'])(
    `${proves('story:authorization-server:metadata')}: %s`,
    async (document) => {
      const { issuer, jwksUri, tokenEndpoint } = fixture.server
      const response = await fetch(`${issuer}/.well-known/${document}`)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({
        issuer,
        jwks_uri: jwksUri,
        token_endpoint: tokenEndpoint,
        grant_types_supported: expect.arrayContaining([
          'authorization_code',
          'urn:ietf:params:oauth:grant-type:token-exchange',
        ]),
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        dpop_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        acr_values_supported: [PWD, MFA],
        authorization_response_iss_parameter_supported: true,
      })
      const keySet = await (await fetch(jwksUri)).json()
      expect(keySet).toEqual({ keys: [expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })] })
      expect(keySet).not.toHaveProperty('keys.0.d')
    },
  )
})

describe('sign-in', () => {
  test(proves('story:authorization-server:access-token'), async () => {
    const { server, agent, key, aliceToken } = fixture
    const verifier = createAccessTokenVerifier({
      issuers: [{ issuer: server.issuer, jwksUri: server.jwksUri, maxLifetime: 300 }],
      audience: RESOURCE,
    })
    const verified = await verifier.verify(aliceToken)
    expect(verified).toMatchObject({
      ok: true,
      value: {
        issuer: server.issuer,
        subject: 'user:alice',
        clientId: agent.clientId,
        scopes: ['expenses:read', 'expenses:approve'],
        actors: [],
        confirmation: { jkt: key.thumbprint },
        acrValues: [PWD],
        authenticatedAt: expect.any(Number),
      },
    })
    const claims = claimsOf(aliceToken)
    expect(claims).not.toHaveProperty('act')
    expect(claims.aud).toBe(RESOURCE)
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300)
    expect(claims.jti).toEqual(expect.any(String))
  })

  test.each([
    ['alice', PWD],
    ['bob', MFA],
    ['carol', MFA],
    ['dave', PWD],
  ] as const)(`${proves('story:authorization-server:acr')}: %s, %s`, async (user, acr) => {
    const { server, otherAgent } = fixture
    const before = Math.floor(Date.now() / 1000)
    const { accessToken } = await signIn({
      issuer: server.issuer,
      agent: otherAgent,
      user,
      acr,
      resource: RESOURCE,
      scope: ALL_SCOPES,
      key: await createProofKey(),
    })
    const claims = claimsOf(accessToken)
    expect(claims).toMatchObject({ sub: `user:${user}`, acr, client_id: 'planner-7', scope: ALL_SCOPES })
    expect(Number(claims.auth_time)).toBeGreaterThanOrEqual(before)
  })

  test(proves('story:authorization-server:acr', 'a code is told although a password would do'), async () => {
    const code = await codeFor({ credentials: { name: 'alice', password: 'demo-password', oneTimeCode: '000000' } })
    const { server } = fixture
    const answer = await postToken(server, await codeForm(code), await proofBy(await createProofKey(), server))
    expect(claimsOf(answer.body.access_token)).toMatchObject({ acr: MFA, amr: ['pwd', 'otp', 'mfa'] })
  })

  test.each<[string, Partial<AuthorizeOptions>, string]>([
    ['wrong password', { credentials: { name: 'alice', password: 'guess' } }, 'access_denied'],
    ['unknown person', { credentials: { name: 'mallory', password: 'demo-password' } }, 'access_denied'],
    ['an account id for a name', { credentials: { name: 'user:alice', password: 'demo-password' } }, 'access_denied'],
    [
      'wrong code',
      { credentials: { name: 'alice', password: 'demo-password', oneTimeCode: '111111' }, acr: MFA },
      'access_denied',
    ],
    ['no code where one is demanded', { acr: MFA }, 'one_time_code_required'],
    ['an acr that is unknown', { acr: 'urn:expense:acr:retina' }, 'unmet_authentication_requirements'],
  ])(`${proves('story:authorization-server:sign-in-refused')}: %s`, async (_case, changes, error) => {
    await expect(codeFor(changes)).rejects.toMatchObject({ name: 'OAuthRefusal', error })
  })

  test(proves('story:authorization-server:sign-in-refused', 'the refused interaction leads nowhere'), async () => {
    const browser = createBrowser()
    const interaction = await browser.ask({ acr_values: MFA })
    expect(interaction.pathname).toMatch(/^\/interaction\//)
    expect(await (await browser.visit(interaction)).json()).toEqual({ prompt: 'login', acr: MFA })

    const refused = await browser.visit(interaction, { username: 'alice', password: 'demo-password' })
    expect(refused.status).toBe(401)
    expect(refused.headers.getSetCookie()).toEqual([])
    const resumed = await browser.visit(new URL(interaction.href.replace('/interaction/', '/auth/')))
    expect(resumed.headers.get('location') ?? '').not.toContain('code=')
    expect(resumed.headers.getSetCookie().join()).not.toContain('_session=')
  })

  test(
    proves('story:authorization-server:sign-in-refused', "another browser's interaction, or a broken form"),
    async () => {
      const [mine, theirs] = [createBrowser(), createBrowser()]
      const form = { username: 'alice', password: 'demo-password' }
      const interaction = await mine.ask({ acr_values: PWD })
      const elsewhere = await theirs.ask({ acr_values: PWD })
      expect((await theirs.visit(interaction, form)).status).toBe(400)
      expect((await createBrowser().visit(interaction, form)).status).toBe(400)
      expect((await mine.visit(interaction, {})).status).toBe(400)
      expect((await mine.visit(interaction, { ...form, padding: 'x'.repeat(5_000) })).status).toBe(400)
      expect((await mine.visit(interaction, [...Object.entries(form), ['username', 'bob']])).status).toBe(400)
      expect((await mine.visit(interaction, form)).status).toBe(303)
      expect((await theirs.visit(elsewhere, form)).status).toBe(303)
    },
  )

  test(proves('story:authorization-server:acr', 'a session that is too weak signs in again'), async () => {
    const browser = createBrowser()
    const first = await browser.ask({ acr_values: PWD })
    const back = await browser.visit(first, { username: 'alice', password: 'demo-password' })
    await browser.visit(new URL(back.headers.get('location') ?? ''))
    expect((await browser.ask({ acr_values: PWD })).href).toMatch(/^http:\/\/127\.0\.0\.1\/callback\?code=/)
    expect((await browser.ask({ acr_values: MFA })).pathname).toMatch(/^\/interaction\//)
  })
})

describe('authorization code', () => {
  test(proves('story:authorization-server:code-refused', 'and the same code is fine with all three'), async () => {
    const { server, agent } = fixture
    const key = await createProofKey()
    const code = await codeFor()
    const refusals = [
      await postToken(server, await codeForm(code), undefined),
      await postToken(server, await codeForm(code, { code_verifier: `${VERIFIER}x` }), await proofBy(key, server)),
      await postToken(
        server,
        { ...(await codeForm(code)), ...(await clientAssertion(fixture.otherAgent, server.issuer)) },
        await proofBy(key, server),
      ),
      await postToken(
        server,
        // planner-42 by name, with planner-7's credential.
        await codeForm(code, {
          client_assertion:
            (await clientAssertion({ ...fixture.otherAgent, clientId: agent.clientId }, server.issuer))
              .client_assertion ?? '',
        }),
        await proofBy(key, server),
      ),
    ]
    expect(refusals.map(({ status, body }) => [status, body.error])).toEqual([
      [400, 'invalid_grant'],
      [400, 'invalid_grant'],
      [400, 'invalid_grant'],
      [401, 'invalid_client'],
    ])
    for (const { body } of refusals) expect(body).not.toHaveProperty('access_token')

    const granted = await postToken(server, await codeForm(code), await proofBy(key, server))
    expect(granted).toMatchObject({ status: 200, body: { token_type: 'DPoP', scope: ALL_SCOPES } })
    expect(granted.body).not.toHaveProperty('refresh_token')
    const again = await postToken(server, await codeForm(code), await proofBy(key, server))
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test(
    proves('story:authorization-server:code-refused', 'no code without PKCE, and none with a plain challenge'),
    async () => {
      for (const changes of [{ code_challenge: '', code_challenge_method: '' }, { code_challenge_method: 'plain' }]) {
        const { searchParams } = await createBrowser().ask(changes)
        expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null])
      }
    },
  )

  test.each<[string, Partial<AuthorizeOptions>, string]>([
    ['another resource', { resource: 'http://127.0.0.1:9/other' }, 'invalid_target'],
    ['a resource that only begins the same', { resource: `${RESOURCE}/` }, 'invalid_target'],
    ['no scope that exists', { scope: 'payroll:read' }, 'invalid_scope'],
  ])(`${proves('story:authorization-server:target-refused')}: %s`, async (_case, changes, error) => {
    await expect(codeFor(changes)).rejects.toMatchObject({ name: 'OAuthRefusal', error })
  })
})

describe('bad input', () => {
  const NO_STACK = /\n\s+at |node_modules|\.ts:\d|\.js:\d/

  test.each<[string, string, RequestInit]>([
    ['unknown path', '/nothing', {}],
    ['unknown interaction', '/interaction/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', {}],
    [
      'unknown interaction with a cookie',
      '/interaction/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      { headers: { cookie: '_interaction=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' } },
    ],
    ['authorization without parameters', '/auth', {}],
    ['unknown client', '/auth?client_id=nobody&response_type=code', {}],
    ['a redirect elsewhere', '/auth?client_id=planner-42&response_type=code&redirect_uri=http://evil.example/', {}],
    ['token request without a body', '/token', { method: 'POST' }],
    ['token request as JSON', '/token', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }],
    ['token request too large', '/token', { method: 'POST', body: new URLSearchParams({ code: 'x'.repeat(200_000) }) }],
    ['broken escapes', '/%E0%A4%A', {}],
  ])(`${proves('story:authorization-server:bad-input')}: %s`, async (_case, path, init) => {
    const response = await fetch(`${fixture.server.issuer}${path}`, { redirect: 'manual', ...init })
    const text = await response.text()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    expect(text.length).toBeLessThan(500)
    expect(text).not.toMatch(NO_STACK)
  })
})

describe('start', () => {
  test(proves('story:authorization-server:start', 'port in use'), async () => {
    const port = Number(new URL(fixture.server.issuer).port)
    const message = `port ${port} is in use; stop the other process or choose another port`
    await expect(startAuthorizationServer({ resource: RESOURCE, agents: [], port })).rejects.toThrow(message)
  })

  test(proves('story:authorization-server:start', 'wrong options'), async () => {
    const agent = await createAgentIdentity('planner-42')
    const start = (changes: object) => startAuthorizationServer({ resource: RESOURCE, agents: [agent], ...changes })
    await expect(start({ audience: RESOURCE })).rejects.toThrow(new TypeError('unknown option `audience`'))
    await expect(start({ resource: '/mcp' })).rejects.toThrow(TypeError)
    await expect(start({ resource: `${RESOURCE}#x` })).rejects.toThrow(TypeError)
    await expect(start({ port: 70_000 })).rejects.toThrow(TypeError)
    await expect(start({ clock: 1 })).rejects.toThrow(TypeError)
    await expect(start({ agents: undefined })).rejects.toThrow(TypeError)
    await expect(start({ agents: [agent, agent] })).rejects.toThrow(/registered twice/)
    await expect(start({ agents: [{ ...agent, id: 'planner-42' }] })).rejects.toThrow(/SPIFFE ID/)
    await expect(start({ agents: [{ ...agent, publicKey: { ...agent.publicKey, d: 'secret' } }] })).rejects.toThrow(
      new TypeError('expected `publicKey` of agent `planner-42` to be a public P-256 key'),
    )
    await expect(start({ agents: [{ ...agent, publicKey: { ...agent.publicKey, x: 'AA' } }] })).rejects.toThrow(
      TypeError,
    )
  })

  test(proves('story:authorization-server:quiet'), async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    )
    const quiet = await startFixture()
    await fetch(`${quiet.server.issuer}/auth`)
    await quiet.server.close()
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
    await expect(fetch(quiet.server.jwksUri)).rejects.toThrow()
  })
})
