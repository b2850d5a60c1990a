import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { McpServer } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openDesk } from '../../../test/fixtures/desk/desk.ts'
import { listManifest } from '../../../test/fixtures/list-manifest.ts'
import { proves } from '../../../test/requirements/index.ts'
import { lockstepProcess } from './run-lockstep.ts'
import { openDatabase, run, USE_DATABASE, writeWorld } from './server-world.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFile(join(ROOT, path), 'utf8')

/** The findings of a check as `place: what is the matter`. */
async function findings(config: string): Promise<readonly string[]> {
  const { code, said, complained } = await run('policy', 'check', '--config', config, '--json')
  expect(complained).toBe('')
  const found: { findings: { kind: string; at: string }[] } = JSON.parse(said)
  expect(code).toBe(found.findings.length === 0 ? 0 : 1)
  return found.findings.map(({ kind, at }) => `${kind} ${at}`)
}

const CALL = 'intent: String, actor: Agent, proof: String, acr: Set<String>'
const action = (id: string, context = '', resource = 'Tool', principal = '[User, Agent]') =>
  `action ${id} appliesTo { principal: ${principal}, resource: ${resource}, context: { ${CALL}, ${context} } };`
const TYPES = 'entity User, Agent, Tool, Tenant;'
const manifest = {
  tools: [
    {
      name: 'pay',
      inputSchema: {
        type: 'object',
        properties: {
          to: { type: 'string' },
          at: { type: 'string', format: 'date-time' },
          amount: { type: 'integer', default: 1 },
          price: { type: 'number' },
          lines: {
            type: 'array',
            items: { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] },
          },
        },
        required: ['to', 'at'],
      },
    },
  ],
}

test.each<[string, string, readonly string[]]>([
  ['all of it', action('pay', 'arguments: { to: String, at: String, amount: Long, lines?: Set<{ sku: String }> }'), []],
  [
    'less of it, and more of the team',
    `entity Region { name: String }; ${action('pay', 'note?: String, arguments: { to: String }')}`,
    [],
  ],
  ['texts that become values', action('pay', 'arguments: { at: datetime, amount?: Long }'), []],
  ['a type that the team gave a number', action('pay', 'arguments: { price?: decimal }'), []],
  [
    'a group',
    `action any; action pay in [any] appliesTo { principal: [User, Agent], resource: Tool, context: { ${CALL} } };`,
    [],
  ],
  ['no action', action('other'), ['action-missing pay', 'action-unused other']],
  ['an unused action', `${action('pay')} ${action('old')}`, ['action-unused old']],
  ['not for agents', action('pay', '', 'Tool', '[User]'), ['applies-to pay']],
  ['not for the resource', action('pay', '', 'Tenant'), ['applies-to pay']],
  ['an argument that is gone', action('pay', 'arguments: { cc: String }'), ['argument-gone pay context.arguments.cc']],
  [
    'an inner one that is gone',
    action('pay', 'arguments: { lines?: Set<{ sku: String, n?: Long }> }'),
    ['argument-gone pay context.arguments.lines.n'],
  ],
  [
    'another type',
    action('pay', 'arguments: { to: Long, lines?: String }'),
    ['type-changed pay context.arguments.to', 'type-changed pay context.arguments.lines'],
  ],
  [
    'an argument that may be left out',
    action('pay', 'arguments: { lines: Set<{ sku: String }> }'),
    ['type-changed pay context.arguments.lines'],
  ],
  ['a member that nothing fills in', action('pay', 'region: String'), ['member-unknown pay context.region']],
  [
    'a member that reading has and calls have not',
    action('pay', 'field: String'),
    ['member-unknown pay context.field'],
  ],
  ['a member of another type', action('pay', 'labels: String'), ['type-changed pay context.labels']],
])(proves('policy:check:drift', '%s'), async (_, declared, expected) => {
  const { config } = await writeWorld({
    schema: `${TYPES} ${declared}`,
    manifest,
    configuration: 'tools: { pay: {} }, policyActors: "any",',
  })
  expect([...(await findings(config))].sort()).toEqual([...expected].sort())
})

test(proves('policy:check:drift', 'an approval that is not always there'), async () => {
  const needed = action('pay', 'approval: { by: User }', 'Tenant')
  const { config } = await writeWorld({
    schema: `${TYPES} ${needed}`,
    manifest,
    configuration: `tools: { pay: { resource: { type: 'Tenant', argument: 'to' } } }, approvers: { relation: 'a', of: 'b' },`,
  })
  expect(await findings(config)).toEqual(['type-changed pay context.approval'])
})

test(proves('policy:check:reach'), async () => {
  const schema = `${TYPES} ${action('pay')} ${action('shut')} ${action('lost')}`
  const tools = { tools: ['pay', 'shut', 'lost'].map((name) => ({ name, inputSchema: { type: 'object' } })) }
  const policies = `
    @id("users") permit (principal is User, action == Action::"pay", resource);
    @id("agents") permit (principal is Agent, action in [Action::"pay", Action::"lost"], resource);
    @id("closed") forbid (principal, action == Action::"shut", resource);
    @id("never") permit (principal is User, action, resource is Tenant);`
  const applies = `${schema} ${action('away', '', 'Tenant')}`
  const { config } = await writeWorld({
    schema: applies,
    policies,
    manifest: tools,
    configuration: 'tools: { pay: {}, shut: {}, lost: {} },',
  })
  expect(await findings(config)).toEqual(['action-unused away', 'never-permitted lost'])
  const { said } = await run('policy', 'check', '--config', config)
  expect(said).toContain('lost: no policy can permit it for a user; permit it, or forbid it to all')
})

test(proves('policy:check:tables'), async () => {
  const tables = `tables: { 'public.orders': { entity: 'Order', key: 'id', columns: { id: { type: 'text' },
    tenant: { type: 'integer', attribute: 'tenant', entity: 'Tenant' }, total: { type: 'bigint', attribute: 'total' } } } },`
  const order = 'tenant: Tenant, total: Long'
  const read = `action read appliesTo { principal: [User, Agent], resource: [Order], context: { ${CALL}, field: String, form: String } };`
  const world = (attributes: string, database = '', actions = read) =>
    writeWorld({
      schema: `${TYPES} entity Order { ${attributes} }; ${actions}`,
      configuration: `tools: {}, ${tables} ${database}`,
    })
  const found = async (...parts: Parameters<typeof world>) => findings((await world(...parts)).config)

  expect(await found(order)).toEqual([])
  expect(await found(`${order}, ours?: String`)).toEqual([])
  expect(await found('tenant: Tenant')).toEqual(['attribute-missing Order.total'])
  expect(await found(`${order}, more: String`)).toEqual(['attribute-unknown Order.more'])
  expect(await found('tenant: User, total: String')).toEqual(['type-changed Order.tenant', 'type-changed Order.total'])
  expect(await found(order, '', action('pay'))).toEqual(['action-missing read', 'action-unused pay'])
  // what a schema says of writing is the team's, and asked like reading
  const update = read.replace('action read', 'action update, delete')
  expect(await found(order, '', `${read} ${update}`)).toEqual([])
  expect(await found(order, '', `${read} ${update.replace('form: String', 'form: Long')}`)).toEqual([
    'type-changed update context.form',
    'type-changed delete context.form',
  ])

  const db = await openDatabase()
  const table = async (total: string) => {
    await db.exec(
      `drop table if exists orders; create table orders (id text primary key, tenant integer not null, total ${total})`,
    )
    return USE_DATABASE
  }
  expect(await found(order, await table('bigint not null'))).toEqual([])
  expect(await found(order, await table('bigint'))).toEqual(['type-changed Order.total', 'tables public.orders'])
  expect(
    await found('tenant: Tenant, total?: Long', await table('bigint')),
    'a NULL is an attribute that is absent',
  ).toEqual([])
  expect(await found(order, await table('numeric not null'))).toEqual(['tables public.orders'])
  await db.exec('drop table orders')
  expect(await found(order, USE_DATABASE)).toEqual(['tables public.orders'])

  const away = await world(order, `database: { query: async () => { throw new Error('secret') } },`)
  const { code, said, complained } = await run('policy', 'check', '--config', away.config)
  expect({ code, complained }).toEqual({ code: 0, complained: '' })
  expect(said).toContain('not reachable: columns were not compared')
  expect(said).not.toContain('secret')
}, 240_000)

test(proves('policy:check:drift', 'what does not load'), async () => {
  const { config } = await writeWorld({ schema: 'entity', configuration: 'tools: {},' })
  const broken = await run('policy', 'check', '--config', config)
  expect(broken).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('schema.cedarschema:1') })
  const gone = await writeWorld({
    schema: `${TYPES} ${action('pay')}`,
    manifest: { tools: [] },
    configuration: 'tools: { pay: {} },',
  })
  expect(await findings(gone.config)).toEqual(['tool-missing pay'])
})

test(proves('policy:check:fixtures', 'the example, whose schema is written by hand'), async () => {
  const run = await lockstepProcess(['policy', 'check'], join(ROOT, 'examples/expense-approval'))
  expect(run).toMatchObject({ code: 0, complained: '' })
  expect(run.said).toMatch(/every mapped table was looked at\nno drift\n$/)
}, 240_000)

test(proves('policy:check:fixtures', 'the desk: nobody may call `secret`'), async () => {
  const desk = await openDesk()
  const text = await listManifest(desk.createServer())
  await desk.lockstep.close()
  const { config } = await writeWorld({
    schema: await read('test/fixtures/desk/policies/schema.cedarschema'),
    policies: await read('test/fixtures/desk/policies/desk.cedar'),
    manifest: JSON.parse(text),
    configuration: `tools: { greet: {}, wide: {}, vault: {}, secret: {}, fail: {} },`,
  })
  expect(await findings(config)).toEqual(['never-permitted secret'])
})

test(proves('policy:check:fixtures', 'the payments'), async () => {
  const server = new McpServer({ name: 'payments', version: '1.0.0' })
  server.registerTool('pay', { inputSchema: z.object({ id: z.string() }) }, async () => ({ content: [] }))
  const { config } = await writeWorld({
    schema: await read('test/fixtures/payments/policies/schema.cedarschema'),
    policies: await read('test/fixtures/payments/policies/pay.cedar'),
    manifest: JSON.parse(await listManifest(server)),
    configuration: 'tools: { pay: {} },',
  })
  expect(await findings(config)).toEqual([])
})
