import type { TestAgent, TestAgentOptions } from '@lockstep/testing'
import { createProofKey, signProof } from '@lockstep/tokens'
import { McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { onExpress, serve } from '../e2e/serve.ts'
import { sendBytes, type WireRequest } from '../fixtures/corpus/send-bytes.ts'
import { type Desk, HELPER, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'

const MARK = 'mArKeD7f3a'
/** Headers that a caller may send beside anything. */
const MARKED: WireRequest['headers'] = [
  'User-Agent',
  'X-Request-Id',
  'Cookie',
  'Referer',
  'Mcp-Session-Id',
  'Baggage',
].map((name) => [name, MARK] as const)
const form = `grant_type=${MARK}&subject_token=${MARK}&audience=${MARK}&scope=${MARK}&request_details=${MARK}`

/** One way to be refused. What is not named is as an honest request has it. */
interface Provocation {
  readonly code: string
  readonly token?: Partial<TestAgentOptions>
  readonly headers?: WireRequest['headers']
  readonly without?: readonly string[]
  readonly request?: Partial<WireRequest>
  readonly agent?: (agent: TestAgent) => TestAgent | Promise<TestAgent>
  readonly proof?: Parameters<typeof signProof>[1]['method']
  /** Sent before with the same headers. */
  readonly twice?: boolean
}

const rpc = (method: string, params: object = {}) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const call = (name: string, args: object = {}, more: object = {}) =>
  rpc('tools/call', { name, arguments: args, ...more })

const provocations: Readonly<Record<string, Provocation>> = {
  'no credentials': {
    code: 'gateway.credentials-missing',
    without: ['Authorization', 'DPoP'],
    headers: [['Authorization', `Basic ${MARK}`]],
  },
  'malformed credentials': {
    code: 'gateway.credentials-malformed',
    without: ['Authorization'],
    headers: [['Authorization', `DPoP ${MARK} ${MARK}`]],
  },
  'a token in the URL': { code: 'gateway.credentials-malformed', request: { target: `/mcp?access_token=${MARK}` } },
  'no token': {
    code: 'gateway.token-invalid',
    without: ['Authorization'],
    headers: [['Authorization', `DPoP ${MARK}.${MARK}.${MARK}`]],
  },
  'an unknown issuer': { code: 'gateway.token-invalid', token: { claims: { iss: `https://${MARK}.example` } } },
  'a foreign audience': { code: 'gateway.token-invalid', token: { claims: { aud: MARK } } },
  'an expired token': { code: 'gateway.token-expired', token: { expiresIn: -100 } },
  'an unbound token': { code: 'gateway.token-unbound', token: { claims: { cnf: undefined } } },
  'an unknown binding': { code: 'gateway.token-invalid', token: { claims: { cnf: { [MARK]: MARK } } } },
  'a bound token as a bearer': {
    code: 'gateway.token-scheme',
    agent: (agent) => agent,
    without: ['Authorization'],
    headers: [['Authorization', 'Bearer TOKEN']],
  },
  'no proof': { code: 'gateway.proof-missing', without: ['DPoP'] },
  'no such proof': { code: 'gateway.proof-invalid', without: ['DPoP'], headers: [['DPoP', `${MARK}.${MARK}.${MARK}`]] },
  'a proof for another method': { code: 'gateway.proof-invalid', proof: 'GET' },
  'a proof by another key': {
    code: 'gateway.proof-key',
    agent: async (agent) => ({ ...agent, key: await createProofKey() }),
  },
  'a proof again': { code: 'gateway.proof-replayed', twice: true },
  'no actor': { code: 'gateway.actor-missing', token: { actor: undefined, clientId: MARK } },
  'a missing scope': { code: 'gateway.scope-insufficient', token: { scopes: [MARK] } },
  'a foreign origin': { code: 'gateway.origin', headers: [['Origin', `https://${MARK}.example`]] },
  'too many headers': {
    code: 'gateway.headers-too-large',
    headers: Array.from({ length: 140 }, (_, index) => [`${MARK}-${index}`, MARK]),
  },
  'another path': { code: 'gateway.path-unknown', request: { target: `/${MARK}` } },
  'another method': { code: 'gateway.method-unsupported', request: { method: 'PUT' }, proof: 'PUT' },
  'no JSON': { code: 'gateway.body-malformed', request: { body: `{"${MARK}` } },
  'no message': { code: 'gateway.body-malformed', request: { body: JSON.stringify({ [MARK]: MARK }) } },
  'a member twice': { code: 'gateway.body-duplicate-member', request: { body: `{"${MARK}":1,"${MARK}":2}` } },
  'too deep': { code: 'gateway.body-too-deep', request: { body: `${'['.repeat(80)}"${MARK}"${']'.repeat(80)}` } },
  'too large': { code: 'gateway.body-too-large', request: { body: call('greet', { name: MARK.repeat(2000) }) } },
  'another media type': { code: 'gateway.content-type', headers: [['Content-Type', `text/${MARK}`]] },
  'a header that disagrees': {
    code: 'gateway.header-mismatch',
    headers: [
      ['Mcp-Name', MARK],
      ['Mcp-Method', MARK],
    ],
  },
  'an encoded header that disagrees': {
    code: 'gateway.header-mismatch',
    headers: [['Mcp-Name', `=?base64?${MARK}?=`]],
  },
  'an unknown protocol method': {
    code: 'discovery.method-unsupported',
    request: { body: rpc(MARK, { [MARK]: MARK }) },
  },
  'an unknown tool': { code: 'discovery.tool-unknown', request: { body: call(MARK, { [MARK]: MARK }) } },
  'a hidden tool': { code: 'discovery.tool-unknown', request: { body: call('secret', { [MARK]: MARK }) } },
  'a locked tool': { code: 'discovery.tool-locked', request: { body: call('vault', { [MARK]: MARK }) } },
  'a wrong type': { code: 'invocation.arguments-invalid', request: { body: call('strict', { name: [MARK] }) } },
  'an unknown member': { code: 'invocation.arguments-invalid', request: { body: call('strict', { [MARK]: 1 }) } },
  'a key of a record': {
    code: 'invocation.arguments-invalid',
    request: { body: call('strict', { labels: { [MARK]: MARK } }) },
  },
  'a message that quotes': {
    code: 'invocation.arguments-invalid',
    request: { body: call('strict', { quoted: MARK }) },
  },
  'a message that quotes a number': {
    code: 'invocation.arguments-invalid',
    request: { body: call('strict', { number: 8_675_309 }) },
  },
  'arguments that are none': { code: 'invocation.arguments-invalid', request: { body: call('greet', [MARK]) } },
  'reserved members': {
    code: 'invocation.arguments-unsafe',
    request: {
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"__proto__":"${MARK}"}}}`,
    },
  },
  'a denied call': { code: 'invocation.denied', request: { body: call('greet', { name: MARK, times: 4 }) } },
  'a malformed key of a call': {
    code: 'invocation.idempotency-key-invalid',
    headers: [['Idempotency-Key', `${MARK} ${MARK}`]],
  },
  'no transaction token': { code: 'invocation.txn-token-invalid', headers: [['Txn-Token', `${MARK}.${MARK}.${MARK}`]] },
  'two transaction tokens': {
    code: 'invocation.txn-token-invalid',
    headers: [
      ['Txn-Token', MARK],
      ['Txn-Token', MARK],
    ],
  },
  'no capability': {
    code: 'invocation.capability-invalid',
    request: { body: call('greet', {}, { _meta: { 'lockstep/capability': { jws: MARK } } }) },
  },
  'too often': { code: 'gateway.rate-limited', request: { body: call('rare', { [MARK]: MARK }) } },
  'an exchange of nothing': {
    code: 'gateway.content-type',
    request: { target: '/.lockstep/token', body: `{"${MARK}":1}` },
  },
  'no approval': { code: 'invocation.approval-invalid', request: { target: `/.lockstep/approvals/${MARK}`, body: '' } },
}

describe('refusals', () => {
  let desk: Desk
  let served: Awaited<ReturnType<typeof serve>>
  const ran: string[] = []

  beforeAll(async () => {
    desk = await openDesk({
      scopes: ['desk:use'],
      limits: { bodyBytes: 8192 },
      tools: {
        ...Object.fromEntries(['greet', 'vault', 'secret'].map((tool) => [tool, { output: {} }])),
        strict: { action: 'wide' },
        rare: { action: 'wide', rateLimits: { tool: { points: 1, seconds: 3600 } } },
      },
    })
    const createServer = () => {
      const server = new McpServer({ name: 'desk', version: '1.0.0' })
      const register = (tool: string, inputSchema: z.ZodObject) =>
        server.registerTool(tool, { inputSchema }, async () => {
          ran.push(tool)
          return { content: [] }
        })
      register('greet', z.object({ name: z.string().default('x'), times: z.int().default(1) }))
      register(
        'strict',
        z.strictObject({
          name: z.string().optional(),
          labels: z.record(z.string(), z.int()).optional(),
          quoted: z
            .string()
            .refine(() => false, { error: ({ input }) => `not ${String(input)}, please` })
            .optional(),
          number: z
            .int()
            .refine(() => false, { error: ({ input }) => `not ${String(input)}, please` })
            .optional(),
        }),
      )
      for (const tool of ['vault', 'secret', 'rare']) register(tool, z.looseObject({}))
      return desk.lockstep.guardServer(server)
    }
    createServer()
    served = await serve(onExpress(desk.lockstep, createServer), { maxHeaderSize: 65_536 })
    await provoke({ code: 'none', request: { body: call('rare') } })
  })
  afterAll(async () => {
    await served.close()
    await desk.lockstep.close()
  })
  beforeEach(() => void ran.splice(0))

  async function provoke({
    token,
    agent = (one) => one,
    proof,
    headers = [],
    without = [],
    request,
    twice,
  }: Provocation) {
    const honest = await desk.agent({ scopes: ['desk:use'], actor: HELPER, ...token })
    const { accessToken, key } = await agent(honest)
    const { method = 'POST', target = '/mcp', body = call('greet', { name: MARK }) } = request ?? {}
    const url = new URL(target.split('?')[0] ?? '', RESOURCE).href
    const own: WireRequest['headers'] = [
      ['Authorization', `DPoP ${accessToken}`],
      ['DPoP', await signProof(key, { method: proof ?? method, url, accessToken })],
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
    ]
    const replaced = headers.map(([name]) => name)
    const all = [
      ...own.filter(([name]) => !without.includes(name) && !replaced.includes(name)),
      ...headers.map(([name, value]) => [name, value.replace('TOKEN', accessToken)] as const),
      ...MARKED,
    ]
    const wire = { method, target, headers: all, body }
    if (twice) await sendBytes(served.port, wire)
    ran.splice(0)
    const before = desk.audit.events.length
    const reply = await sendBytes(served.port, wire)
    return { reply, recorded: desk.audit.events.slice(before), accessToken, thumbprint: key.thumbprint }
  }

  test.each(Object.entries(provocations))(proves('admission:refusal:silent', '%s'), async (_, provocation) => {
    const { reply, recorded, accessToken, thumbprint } = await provoke(provocation)
    const refusals = recorded.filter(({ outcome }) => outcome === 'denied' || outcome === 'failed')
    expect(
      refusals.map(({ code }) => code),
      'one record',
    ).toEqual([provocation.code])
    expect(reply.text).toContain(`"code":"${provocation.code}"`)
    expect(ran, 'nothing ran').toEqual([])
    const told = reply.raw + JSON.stringify(recorded)
    expect(told.toLowerCase()).not.toContain(MARK.toLowerCase())
    expect(told).not.toMatch(/8675309/)
    for (const piece of accessToken.split('.')) expect(told).not.toContain(piece)
    expect(reply.raw).not.toContain(thumbprint)
    expect(reply.raw).not.toMatch(/\n {4}at |node_modules/)
  })

  test(proves('admission:refusal:recorded', 'an exchange of nonsense'), async () => {
    const { reply, recorded } = await provoke({
      code: '',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      request: { target: '/.lockstep/token', body: form },
    })
    expect(reply.status).toBe(400)
    expect(recorded.filter(({ outcome }) => outcome === 'denied')).toHaveLength(1)
    expect(reply.raw + JSON.stringify(recorded)).not.toContain(MARK)
  })

  test(proves('admission:refusal:recorded', 'the same words whoever asks and whatever they sent'), async () => {
    for (const provocation of Object.values(provocations)) {
      if (provocation.code === 'gateway.rate-limited' || provocation.code === 'invocation.arguments-invalid') continue
      const replies = [await provoke(provocation), await provoke(provocation)].map(({ reply }) => reply.text)
      expect(replies[0], provocation.code).toBe(replies[1])
    }
  })
})
