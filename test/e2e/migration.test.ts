import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestIssuer, type TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, HELPER, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress } from './serve.ts'

const TAIL = `algs="ES256 EdDSA", resource_metadata="http://127.0.0.1:4199/.well-known/oauth-protected-resource/mcp"`
const END = Date.now() + 1_000_000
const unbound = { cnf: undefined }

let policies: string
let desk: Desk
let app: ReturnType<typeof onExpress>
let now = END - 100_000
let issue: (options?: object) => Promise<TestAgent>

beforeAll(async () => {
  policies = await mkdtemp(join(tmpdir(), 'lockstep-migration-'))
  await cp(fileURLToPath(new URL('../fixtures/desk/policies', import.meta.url)), policies, { recursive: true })
  await writeFile(
    join(policies, 'possession.cedar'),
    `@id("no-bearer-sees-wide") forbid (principal, action == Action::"wide", resource) when { context.proof == "bearer" };
     @id("helper-greets-alone") permit (principal == User::"${HELPER}", action == Action::"greet", resource);`,
  )
  const clock = () => now
  const issuer = await createTestIssuer({ audience: RESOURCE, clock })
  issue = (options) => issuer.agent({ subject: 'user:ann', actor: HELPER, ...options })
  desk = await openDesk({
    issuers: [{ ...issuer.issuer, bearerUntil: new Date(END) }],
    policies,
    clock,
    autonomous: [HELPER],
  })
  desk.lockstep.guardServer(desk.createServer())
  app = onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer()))
})
afterAll(async () => {
  await desk.lockstep.close()
  await rm(policies, { recursive: true, force: true })
})

async function call(tool: string, agent: TestAgent, scheme: 'Bearer' | 'DPoP') {
  const { accessToken, key } = agent
  const proof = await signProof(key, { method: 'POST', url: RESOURCE, accessToken, clock: () => now })
  const before = desk.ran.length
  const { status, text, headers } = await supertest(app)
    .post('/mcp')
    .set({
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `${scheme} ${accessToken}`,
      ...(scheme === 'DPoP' ? { dpop: proof } : {}),
    })
    .send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } })
  const code = /"code":"([a-z.-]+)"/.exec(text)?.[1]
  return { status, code, challenge: headers['www-authenticate'], ran: desk.ran.length - before }
}

async function metadata() {
  const { body, headers } = await supertest(app).get('/.well-known/oauth-protected-resource/mcp')
  return [body.dpop_bound_access_tokens_required, headers['cache-control']]
}

const invalid = (says: string) => `DPoP error="invalid_token", error_description="${says}", ${TAIL}`

test(proves('edge:bearer-migration', 'before its end'), async () => {
  now = END - 100_000
  const bearer = await issue({ claims: unbound })
  expect(await call('greet', bearer, 'Bearer')).toMatchObject({ status: 200, ran: 1 })
  expect(desk.audit.events.findLast(({ step }) => step === 'gateway')).toMatchObject({ detail: { proof: 'bearer' } })
  expect(await metadata()).toEqual([false, 'max-age=100'])
  // The policy sees how it was proved.
  expect(await call('wide', bearer, 'Bearer')).toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
  expect(await call('wide', await issue(), 'DPoP')).toMatchObject({ status: 200, ran: 1 })
})

test(proves('edge:bearer-migration', 'a bound token is no bearer before its end either'), async () => {
  now = END - 100_000
  expect(await call('greet', await issue(), 'Bearer')).toEqual({
    status: 401,
    code: 'gateway.token-scheme',
    challenge: invalid('the access token is bound to a key and was sent as a bearer token'),
    ran: 0,
  })
  const certified = await issue({ claims: { cnf: { 'x5t#S256': 'A'.repeat(43) } } })
  expect(await call('greet', certified, 'Bearer')).toMatchObject({ status: 401, code: 'gateway.token-invalid', ran: 0 })
})

test(proves('edge:bearer-migration', 'from its end on'), async () => {
  now = END - 1
  const bearer = await issue({ claims: unbound })
  expect(await call('greet', bearer, 'Bearer')).toMatchObject({ status: 200 })
  now = END
  expect(await call('greet', bearer, 'Bearer')).toEqual({
    status: 401,
    code: 'gateway.token-unbound',
    challenge: invalid('the access token is not bound to a key'),
    ran: 0,
  })
  expect(await metadata()).toEqual([true, 'max-age=3600'])
  expect(await call('greet', await issue(), 'DPoP')).toMatchObject({ status: 200 })
})

test(proves('edge:autonomous'), async () => {
  now = END
  const alone = await issue({ subject: HELPER })
  expect(await call('greet', alone, 'DPoP')).toMatchObject({ status: 200, ran: 1 })
  // Being named lets it in; what it may is a matter of the policy.
  expect(await call('wide', alone, 'DPoP')).toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
})

test(proves('edge:autonomous', 'T65, nobody is unless they are named'), async () => {
  now = END
  const other = 'spiffe://desk.example/agents/other'
  for (const options of [
    { subject: other, actor: other },
    { subject: 'test-client', actor: other },
  ]) {
    expect(await call('greet', await issue(options), 'DPoP')).toEqual({
      status: 403,
      code: 'gateway.actor-is-subject',
      challenge: undefined,
      ran: 0,
    })
  }
})

test(proves('edge:bearer-migration', 'the whole document, once it is over'), async () => {
  now = END
  const { body } = await supertest(app).get('/.well-known/oauth-protected-resource')
  expect(body).toEqual({
    resource: RESOURCE,
    authorization_servers: ['https://issuer.test'],
    authorization_details_types_supported: ['mcp_tool_call'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
    dpop_bound_access_tokens_required: true,
    tls_client_certificate_bound_access_tokens: false,
  })
})

test.each<[string, object, RegExp]>([
  ['an algorithm that is none', { proof: { algorithms: ['none'] } }, /proof\.algorithms/],
  ['no algorithm', { proof: { algorithms: [] } }, /proof\.algorithms/],
  ['a window of an hour', { proof: { window: 3600 } }, /proof\.window/],
  ['nonces at will', { proof: { nonce: 'optional' } }, /proof\.nonce/],
  ['certificates at will', { proof: { certificates: true } }, /proof\.certificates/],
  ['a misspelt option', { proof: { nonces: 'required' } }, /proof/],
  ['a trust domain that is none', { workloads: { 'Desk.example': { authorities: 'x' } } }, /workloads\.Desk\.example/],
  [
    'authorities that are none',
    { workloads: { 'desk.example': { authorities: 'x' } } },
    /workloads\.desk\.example\.authorities/,
  ],
  ['an autonomous actor without a name', { autonomous: [''] }, /autonomous/],
])(proves('edge:possession-configured', '%s'), async (_, configuration, names) => {
  await expect(openDesk(configuration)).rejects.toMatchObject({ code: 'configuration.invalid' })
  await expect(openDesk(configuration)).rejects.toThrow(names)
})
