import type { TestAgent } from '@lockstep/testing'
import { signProof } from '@lockstep/tokens'
import supertest from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, HELPER, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import type { Mount } from './serve.ts'

const ACCEPT = 'application/json, text/event-stream'

/** What every framework binding must do, driven through its public door. */
export function describeEdge(framework: string, mount: Mount): void {
  describe(`mcpAuth() on ${framework}`, () => {
    let desk: Desk
    let ann: TestAgent
    let app: ReturnType<typeof mount>

    beforeAll(async () => {
      desk = await openDesk()
      ann = await desk.agent()
      app = mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer()))
      // The first server teaches the schemas.
      desk.lockstep.guardServer(desk.createServer())
    })
    afterAll(() => desk.lockstep.close())
    beforeEach(() => void desk.ran.splice(0))

    const credentials = async (agent: TestAgent) => ({
      authorization: `DPoP ${agent.accessToken}`,
      dpop: await signProof(agent.key, { method: 'POST', url: RESOURCE, accessToken: agent.accessToken }),
    })
    const post = async (body: string | object, headers: Record<string, string> = {}, agent = ann) =>
      supertest(app)
        .post('/mcp')
        .set({ accept: ACCEPT, 'content-type': 'application/json', ...(await credentials(agent)), ...headers })
        .send(typeof body === 'string' ? body : JSON.stringify(body))
    const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params })
    const call = async (name: string, args: object = {}, agent = ann) =>
      messageOf(await post(rpc('tools/call', { name, arguments: args }), {}, agent))
    const nothingRan = () => expect(desk.ran).toEqual([])

    test(proves('edge:unauthenticated', framework), async () => {
      const response = await supertest(app).post('/mcp').set('content-type', 'application/json').send(rpc('tools/list'))
      expect(response.status).toBe(401)
      const challenge = String(response.headers['www-authenticate'])
      expect(challenge).toMatch(
        /^DPoP .*resource_metadata="http:\/\/127\.0\.0\.1:4199\/\.well-known\/oauth-protected-resource\/mcp"/,
      )
      expect(challenge).toMatch(/algs="/)
      expect(challenge).not.toMatch(/error=/)
      nothingRan()
    })

    test(proves('edge:metadata', framework), async () => {
      for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
        const { status, body } = await supertest(app).get(path)
        expect({ status, resource: body.resource }).toEqual({ status: 200, resource: RESOURCE })
        expect(body.authorization_servers).toEqual([desk.issuer.issuer.issuer])
      }
    })

    test(proves('edge:public-path', framework), async () => {
      expect((await supertest(app).get('/health')).body).toEqual({ status: 'ok' })
      for (const path of ['/health/', '//health', '/Health', '/health/../mcp', '/mcp/%2e%2e/health']) {
        expect((await supertest(app).get(path)).status, path).toBe(401)
      }
    })

    test(proves('edge:body:malformed', framework), async () => {
      const bodies = {
        'not JSON': '{"jsonrpc": "2.0",',
        'a duplicate member': '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}',
        'a batch': JSON.stringify([rpc('tools/list')]),
        'not JSON-RPC': '{"hello":"world"}',
        'a fractional id': '{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}',
        'params that are no object': '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}',
        'too deep': `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${'['.repeat(80)}${']'.repeat(80)}}}`,
        'invalid UTF-8': Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'),
      }
      for (const [what, body] of Object.entries(bodies)) {
        const response = await post(body)
        expect({ what, status: response.status }).toEqual({ what, status: 400 })
        expect(response.body.error.data.code, what).toMatch(/^gateway\.body-/)
        expect(response.text, what).not.toMatch(/ {4}at /)
      }
      nothingRan()
    })

    test(proves('edge:body:too-large', framework), async () => {
      const response = await post(rpc('tools/call', { name: 'greet', arguments: { name: 'x'.repeat(5000) } }))
      expect(response.status).toBe(413)
      expect(response.body.error.data.code).toBe('gateway.body-too-large')
      nothingRan()
    })

    test(proves('edge:body:content-type', framework), async () => {
      const response = await post(JSON.stringify(rpc('tools/list')), { 'content-type': 'text/plain' })
      expect({ status: response.status, code: response.body.error.data.code }).toEqual({
        status: 415,
        code: 'gateway.content-type',
      })
    })

    test(proves('edge:body:readable', framework), async () => {
      const reading = mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer()), false)
      const response = await supertest(reading)
        .post('/mcp')
        .set({ accept: ACCEPT, 'content-type': 'application/json', ...(await credentials(ann)) })
        .send(rpc('tools/call', { name: 'greet', arguments: { name: 'stream' } }))
      expect(messageOf(response).result.structuredContent).toEqual({ greeting: 'hello stream' })
    })

    test(proves('edge:origin', framework), async () => {
      const response = await post(rpc('tools/list'), { origin: 'https://evil.example' })
      expect({ status: response.status, code: response.body.error.data.code }).toEqual({
        status: 403,
        code: 'gateway.origin',
      })
    })

    test(proves('edge:header-mismatch', framework), async () => {
      const message = rpc('tools/call', { name: 'greet', arguments: {} })
      for (const headers of [{ 'mcp-method': 'tools/list' }, { 'mcp-method': 'tools/call', 'mcp-name': 'wide' }]) {
        const response = await post(message, headers)
        expect({ status: response.status, code: response.body.error.code }).toEqual({ status: 400, code: -32020 })
      }
      nothingRan()
    })

    test(proves('edge:proof-replayed', framework), async () => {
      const headers = await credentials(ann)
      const statuses = []
      for (let attempt = 0; attempt < 2; attempt += 1) statuses.push((await post(rpc('ping'), headers)).status)
      expect(statuses).toEqual([200, 401])
    })

    test(proves('edge:list-filtered', framework), async () => {
      const { tools } = messageOf(await post(rpc('tools/list'))).result
      expect(tools.map(({ name }: { name: string }) => name)).toEqual(['greet', 'wide', 'vault', 'fail'])
      const [greet] = tools
      expect(greet?.description).toBe('Greets somebody')
      expect(greet?._meta['lockstep/capability']).toMatchObject({
        tool: 'greet',
        state: 'usable',
        jws: expect.any(String),
      })
    })

    test(proves('edge:list-private', framework), async () => {
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
      }
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }
      const { result } = messageOf(await post(rpc('tools/list', { _meta: meta }), headers))
      expect(result.cacheScope).toBe('private')
      expect(result.ttlMs).toBeLessThanOrEqual(60_000)
    })

    test(proves('edge:absent-tool', framework), async () => {
      const absent = await call('secret')
      const missing = await call('nothing')
      expect(absent).toEqual(missing)
      expect(absent.error).toMatchObject({ code: -32602, data: { code: 'discovery.tool-unknown' } })
      expect(await call('secret', { wrong: 1 })).toEqual(missing)
      nothingRan()
    })

    test(proves('edge:locked-tool', framework), async () => {
      const response = await post(rpc('tools/call', { name: 'vault', arguments: {} }))
      expect(response.status).toBe(401)
      expect(response.headers['www-authenticate']).toMatch(
        /error="insufficient_user_authentication".*acr_values="urn:desk:mfa"/,
      )
      expect(response.body.error.data).toMatchObject({ code: 'discovery.tool-locked', unlock: { acr: 'urn:desk:mfa' } })
      nothingRan()
      const strong = await desk.agent({ acr: 'urn:desk:mfa' })
      expect((await call('vault', {}, strong)).result.structuredContent).toEqual({ shown: 'CANARY' })
    })

    test(proves('edge:arguments-invalid', framework), async () => {
      const { error } = await call('greet', { name: 17, times: 'many' })
      expect(error.code).toBe(-32602)
      expect(error.message).toMatch(/^the arguments do not fit the tool: `name`: .*string/)
      expect(error.message).not.toMatch(/17|many/)
      nothingRan()
    })

    test(proves('edge:arguments-parsed-once', framework), async () => {
      expect((await call('greet', {})).result.structuredContent).toEqual({ greeting: 'hello world' })
      expect((await call('greet', { name: 'b', times: '2' })).result.structuredContent).toEqual({
        greeting: 'hello bhello b',
      })
      expect(desk.ran.map(({ args }) => args)).toEqual([
        { name: 'world', times: 1 },
        { name: 'b', times: 2 },
      ])
      expect(desk.ran.every(({ args }) => Object.isFrozen(args))).toBe(true)
      // What counts is the coerced value: "4" is over the limit of 3.
      expect((await call('greet', { times: '4' })).error.data.code).toBe('invocation.denied')
    })

    test(proves('edge:denied', framework), async () => {
      const response = await post(rpc('tools/call', { name: 'greet', arguments: { times: 4 } }))
      expect(response.status).toBe(403)
      expect(response.headers['www-authenticate']).toBeUndefined()
      expect(response.body).toMatchObject({ id: 1, error: { code: 403, data: { code: 'invocation.denied' } } })
      nothingRan()
    })

    test(proves('edge:actor-narrows', framework), async () => {
      const other = await desk.agent({ actor: 'spiffe://desk.example/agents/other' })
      expect(messageOf(await post(rpc('tools/list'), {}, other)).result.tools).toEqual([])
      expect((await call('greet', {}, other)).error.data.code).toBe('discovery.tool-unknown')
      nothingRan()
    })

    test(proves('edge:method-unsupported', framework), async () => {
      for (const method of [
        'resources/list',
        'prompts/get',
        'completion/complete',
        'subscriptions/listen',
        'unheard/of',
      ]) {
        expect(messageOf(await post(rpc(method))).error, method).toMatchObject({
          code: -32601,
          data: { code: 'discovery.method-unsupported' },
        })
      }
    })

    test(proves('edge:withheld', framework), async () => {
      const { result } = await call('wide')
      expect(result.structuredContent).toEqual({ shown: 'yes' })
      expect(JSON.stringify(result)).not.toContain('CANARY')
      expect(JSON.parse(result.content[0]?.text ?? '')).toEqual({ shown: 'yes' })
    })

    test(proves('edge:error-text', framework), async () => {
      const { result } = await call('fail')
      expect(result.isError).toBe(true)
      expect(JSON.stringify(result)).not.toContain('CANARY')
      expect(JSON.stringify(result)).toContain('invocation.handler-failed')
    })

    test(proves('edge:one-trace', framework), async () => {
      const trace = `${'a'.repeat(31)}1`
      await post(rpc('tools/call', { name: 'greet', arguments: {} }), {
        traceparent: `00-${trace}-00f067aa0ba902b7-01`,
      })
      const steps = desk.audit.events.filter((event) => event.trace === trace)
      expect(steps.map(({ step, outcome }) => [step, outcome])).toEqual([
        ['gateway', 'permitted'],
        ['invocation', 'permitted'],
        ['response', 'completed'],
      ])
      expect(steps.every(({ subject, actor }) => subject === 'user:ann' && actor === HELPER)).toBe(true)
      expect(steps[1]).toMatchObject({
        policies: ['ann-greets', 'helper-may'],
        policyVersion: desk.lockstep.policyVersion,
      })
    })
  })
}

/** What the tests look into; each test knows which of the members its answer has. */
interface RpcAnswer {
  readonly result: {
    readonly tools: { readonly name: string; readonly description: string; readonly _meta: Record<string, unknown> }[]
    readonly structuredContent: Record<string, unknown>
    readonly content: { readonly text: string }[]
    readonly isError?: boolean
    readonly cacheScope: string
    readonly ttlMs: number
  }
  readonly error: { readonly code: number; readonly message: string; readonly data: { readonly code: string } }
}

/** The one message of an answer, from JSON or from an event stream. */
function messageOf(response: supertest.Response): RpcAnswer {
  if (!response.headers['content-type']?.startsWith('text/event-stream')) return response.body
  const data = response.text.split('\n').filter((line) => line.startsWith('data: {'))
  expect(data).toHaveLength(1)
  return JSON.parse(data[0]!.slice('data: '.length))
}
