import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePolicies } from '@lockstep/policy'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { openDatabase, run, USE_DATABASE, writeWorld } from './server-world.ts'

const tool = (name: string, properties: object, more: object = {}) => ({
  name,
  inputSchema: { type: 'object', properties, ...more },
})
const TABLES = `tables: { 'public.orders': { entity: 'Order', key: 'id', columns: {
  id: { type: 'text' }, tenant: { type: 'integer', attribute: 'tenant', entity: 'Tenant' }, total: { type: 'bigint', attribute: 'total' },
  note: { type: 'text', attribute: 'note' }, tags: { type: 'text[]', attribute: 'tags' }, day: { type: 'date', attribute: 'day' } } } },`

test(proves('policy:schema:command'), async () => {
  const manifest = {
    tools: [
      tool('pay', { to: { type: 'string' }, price: { type: 'number' } }, { required: ['to'] }),
      tool('extra', {}),
    ],
  }
  const world = { manifest, configuration: `tools: { pay: {} },` }
  const { config, folder } = await writeWorld(world)
  const out = join(folder, 'new.cedarschema')

  const named = await run('policy', 'schema', '--config', config, '--out', out)
  expect(named).toMatchObject({ code: 1, said: '' })
  expect(named.complained.split('\n').map((line) => line.replace(/^lockstep policy schema: /, ''))).toEqual([
    '/tools/0/inputSchema/properties/price: may be no integer; count in smaller units',
    'extra: stands in the manifest only; no caller reaches it',
    '',
  ])
  const written = await readFile(out, 'utf8')
  expect(written).toContain(
    '      to: String,\n      // not mapped: "price" may be no integer; count in smaller units\n',
  )
  // It is a schema that policies load with.
  const { actions } = parsePolicies({
    'schema.cedarschema': written,
    'all.cedar': '@id("a") permit (principal, action, resource);',
  })
  expect([...actions.keys()]).toEqual(['pay'])

  const again = await run('policy', 'schema', '--config', config, '--out', out, '--partial')
  expect(again, 'what is there is never overwritten').toMatchObject({
    code: 2,
    complained: expect.stringContaining('is yours'),
  })
  expect(await readFile(out, 'utf8')).toBe(written)
  expect(await run('policy', 'schema', '--config', config, '--partial')).toMatchObject({ code: 0, said: written })

  const other = join(folder, 'other.json')
  await writeFile(other, JSON.stringify({ tools: [tool('pay', { to: { type: 'integer' } })] }))
  const instead = await run('policy', 'schema', '--config', config, '--manifest', other)
  expect(instead).toMatchObject({ code: 0, complained: '', said: expect.stringContaining('to?: Long,') })
})

test(proves('sequences:schema', 'by the command'), async () => {
  const manifest = { tools: [tool('pay', { cents: { type: 'integer' } }, { required: ['cents'] })] }
  const history = `{ sums: { 'paid-a-day': { currency: 'EUR', window: '24 hours', per: 'subject', tools: { pay: { argument: 'cents' } } } }, uses: ['pay'] }`
  const configuration = `tools: { pay: { sensitivity: 'grave' } }, history: ${history}, state: 'memory',`
  const { config, folder } = await writeWorld({ manifest, configuration })
  const { code, said } = await run('policy', 'schema', '--config', config)
  expect(code).toBe(0)
  expect(said).toContain('sensitivity: String,')
  expect(said.replace(/\s+/g, ' ')).toContain(
    'history: { firstUse: Bool, secondsSinceUse?: Long, sums: { "paid-a-day": Long, }, },',
  )

  // Policies load with it, and are explained on what an operator says was done before.
  await writeFile(join(folder, 'policies', 'schema.cedarschema'), said)
  await writeFile(
    join(folder, 'policies', 'all.cedar'),
    `@id("all") permit (principal, action, resource);
     @id("at-most") forbid (principal, action, resource) when { context.history.sums["paid-a-day"] > 1000 };`,
  )
  const explain = (cents: number, ...more: string[]) =>
    run(
      ...['explain', '--config', config, '--as', 'ann', '--actor', 'agent', '--tool', 'pay'],
      ...['--args', JSON.stringify({ cents }), ...more],
    )
  expect((await explain(1000)).said).toMatch(/^permitted by all/)
  expect((await explain(1001)).said).toMatch(/^denied by at-most/)
  expect((await explain(1, '--history', '{"sums":{"paid-a-day":1001}}')).said).toMatch(/^denied by at-most/)
  expect(await explain(1, '--history', '[]')).toMatchObject({ code: 2, said: '' })
})

test(proves('policy:schema:command', 'without a manifest'), async () => {
  const { config } = await writeWorld({ configuration: `tools: { pay: { output: { note: { entity: 'Note' } } } },` })
  const { code, said, complained } = await run('policy', 'schema', '--config', config)
  expect(code).toBe(1)
  expect(complained).toContain('pay: has arguments that nobody knows')
  expect(said).toContain('entity Note;')
  expect(said).toMatch(/action read appliesTo \{\n {2}principal: \[User, Agent\],\n {2}resource: \[Note\],/)
})

test(proves('policy:schema:command', 'a hostile manifest'), async () => {
  const deep = (levels: number): object => (levels === 0 ? { type: 'string' } : { properties: { a: deep(levels - 1) } })
  const manifest = { tools: [tool('pay', { 'x\n};': { enum: ['\n}\u001b[31m'] }, deep: deep(20) })] }
  const { config, folder } = await writeWorld({ manifest, configuration: `tools: { pay: {}, 'a"b': {} },` })
  const { code, said, complained } = await run('policy', 'schema', '--config', config)
  expect(code).toBe(1)
  expect(said + complained).not.toContain('\u001b')
  expect(complained.split('\n')).toHaveLength(3)
  expect(() =>
    parsePolicies({ 'schema.cedarschema': said, 'a.cedar': '@id("a") permit (principal, action, resource);' }),
  ).not.toThrow()

  await writeFile(join(folder, 'tools.json'), '{"tools":[{"name":"pay"}]}')
  const broken = await run('policy', 'schema', '--config', config, '--out', join(folder, 'none'))
  expect(broken).toMatchObject({
    code: 1,
    said: '',
    complained: expect.stringContaining('configuration.manifest-invalid'),
  })
  expect(existsSync(join(folder, 'none'))).toBe(false)
})

test(proves('policy:schema:tables'), async () => {
  const sql = `create table orders (id text primary key, tenant integer not null, total bigint not null, note text, tags text[] not null, day date not null)`
  await (await openDatabase()).exec(sql)
  const { config } = await writeWorld({ configuration: `tools: {}, ${TABLES} ${USE_DATABASE}` })
  const { code, said, complained } = await run('policy', 'schema', '--config', config)
  expect(code).toBe(1)
  expect(said).toContain(
    `// Rows of public.orders; the id is id.
entity Order {
  tenant: Tenant,
  total: Long,
  note?: String,
  tags: Set<String>,
  // not mapped: public.orders.day (day) is of type date, which no attribute can have
};`,
  )
  expect(said).toContain('entity Tenant;')
  expect(complained).toContain('public.orders.day: (day) is of type date')
  expect(complained, 'what may be NULL is optional in this schema').not.toContain('NOT NULL')

  const away = await writeWorld({
    configuration: `tools: {}, ${TABLES} database: { query: async () => { throw new Error('secret') } },`,
  })
  const unseen = await run('policy', 'schema', '--config', away.config, '--partial')
  expect(unseen.code).toBe(0)
  expect(unseen.said).toContain('  note: String,')
  expect(unseen.complained).toContain('the database was not reachable')
  expect(unseen.complained).not.toContain('secret')
}, 240_000)
