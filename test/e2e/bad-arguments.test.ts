import { McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openPolicyDesk, type PolicyDesk } from '../fixtures/desk/policy-desk.ts'
import { proves } from '../requirements/index.ts'

const SCHEMA = `entity User, Agent, Tool;
action pick appliesTo {
  principal: [User, Agent],
  resource: Tool,
  context: { intent: String, actor: Agent, proof: String, acr: Set<String>,
             arguments: { ids: Set<Long>, about?: { name: String } } },
};
`
/** What is a permit for an argument that is read as an entity, and for an integer that was rounded, is one that must not be given. */
const POLICY = `
@id("ann-picks") permit (principal == User::"user:ann", action == Action::"pick", resource)
when { context.arguments.ids.contains(7) || context.arguments.ids.contains(9007199254740991) };
@id("helper") permit (principal is Agent, action, resource);
`

const ran: unknown[] = []
function createServer(): McpServer {
  const server = new McpServer({ name: 'desk', version: '1.0.0' })
  const inputSchema = z.looseObject({ ids: z.array(z.unknown()), about: z.unknown().optional() })
  server.registerTool('pick', { description: 'Picks', inputSchema }, async (args) => {
    ran.push(args)
    return { structuredContent: { shown: 'yes' }, content: [{ type: 'text', text: 'yes' }] }
  })
  return server
}

let open: PolicyDesk
beforeAll(async () => {
  open = await openPolicyDesk(
    { 'schema.cedarschema': SCHEMA, 'desk.cedar': POLICY },
    { tools: { pick: { output: { shown: 'public' } } }, limits: { bodyBytes: 32 * 1024 * 1024 } },
    createServer,
  )
})
afterAll(() => open.close())

const call = (args: string) =>
  open.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"pick","arguments":${args}}}`)
const million = Array.from({ length: 1_000_000 }, (_, index) => index).join()
const deep = (depth: number) => `${'['.repeat(depth)}7${']'.repeat(depth)}`
const ENTITY = '{"__entity":{"type":"User","id":"user:ann"}}'

test.each<readonly [string, string, string]>([
  ['an entity among the ids', `{"ids":[7,${ENTITY}]}`, 'invocation.arguments-unsafe'],
  ['an entity for a record', `{"ids":[7],"about":${ENTITY}}`, 'invocation.arguments-unsafe'],
  ['an entity for everything', ENTITY.replace('}}', '},"ids":[7]}'), 'invocation.arguments-unsafe'],
  ['an extension value', '{"ids":[7,{"__extn":{"fn":"decimal","arg":"7.0"}}]}', 'invocation.arguments-unsafe'],
  ['an unknown', '{"ids":[7],"about":{"name":{"__extn":{"fn":"unknown","arg":"x"}}}}', 'invocation.arguments-unsafe'],
  ['a prototype', '{"ids":[7],"__proto__":{"ids":[7]}}', 'invocation.arguments-unsafe'],
  ['a prototype inside', '{"ids":[7],"about":{"name":"x","__proto__":{}}}', 'invocation.arguments-unsafe'],
  ['an integer beyond 2^53', '{"ids":[7,9007199254740993]}', 'invocation.arguments-unsafe'],
  [
    'an integer that is rounded to one that is permitted',
    '{"ids":[7,9007199254740992.5]}',
    'invocation.arguments-unsafe',
  ],
  ['an integer beyond every double', '{"ids":[7,1e400]}', 'invocation.arguments-unsafe'],
  ['a fraction', '{"ids":[7,0.5]}', 'invocation.arguments-unsafe'],
  ['null', '{"ids":[7,null]}', 'invocation.arguments-unsafe'],
  ['a million elements', `{"ids":[${million}]}`, 'invocation.arguments-unsafe'],
  ['a record of a million elements', `{"ids":[7],"about":[${million}]}`, 'invocation.arguments-unsafe'],
  ['60 levels', `{"ids":[7,${deep(56)}]}`, 'invocation.arguments-unsafe'],
  ['100,000 levels', `{"ids":[7,${deep(100_000)}]}`, 'gateway.body-too-deep'],
  ['a set of another type', '{"ids":["7"]}', 'policy.evaluation-failed'],
  ['a member twice', '{"ids":[8],"ids":[7]}', 'gateway.body-duplicate-member'],
])(proves('edge:arguments:bad', '%s'), async (_name, args, code) => {
  const before = ran.length
  const answer = await call(args)
  expect(answer.code).toBe(code)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(ran.length).toBe(before)
  // What was refused left nothing behind: the same call with arguments that fit is answered right after it.
  expect(await call('{"ids":[7]}')).toEqual({ status: 200, code: undefined })
  expect(ran.length).toBe(before + 1)
})

test(proves('edge:arguments:bad', 'what fits is decided on'), async () => {
  expect(await call('{"ids":[8]}')).toMatchObject({ code: 'invocation.denied' })
  expect(await call('{"ids":[9007199254740991]}')).toEqual({ status: 200, code: undefined })
  const many = Array.from({ length: 5_000 }, (_, index) => index).join()
  expect(await call(`{"ids":[${many}],"about":{"name":"x"}}`)).toEqual({ status: 200, code: undefined })
})
