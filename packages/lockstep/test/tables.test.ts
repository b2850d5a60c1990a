import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { TableMapping } from '@lockstep/core'
import { createLockstep, defineConfig, importDefault } from '@lockstep/mcp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { within } from '../../../test/long-runs.ts'
import { proves } from '../../../test/requirements/index.ts'
import { run, writeWorld } from './server-world.ts'

vi.setConfig({ testTimeout: within(180_000), hookTimeout: 180_000 })

const ROOT = resolve(import.meta.dirname, '../../..')
/** Inside the repository, so that a scaffold finds the packages as it would in a project. */
const WRITTEN = join(ROOT, 'reports', 'tables')
const FIXTURE = readFileSync(join(ROOT, 'test/fixtures/cases/sql-fixture.sql'), 'utf8')

/** What a schema may hold that is not everyday. */
const ODD = `
  create schema odd;
  create type odd.mood as enum ('fine');
  create table odd.persons (id text primary key, email text, password_hash text not null, salary_cents bigint, home_address text);
  create table odd.boxes (id uuid primary key, owner_id text not null references odd.persons, "it's" text, "a*/b" text, mood odd.mood,
    mail_token varchar(20) not null, tags text[], doc tsvector, price numeric(10,2), at timestamptz(3) not null, constructor text);
  create table odd.members (person_id text references odd.persons, box_id uuid references odd.boxes, primary key (person_id, box_id));
  create table odd."line
feed" (id int primary key);
  create view odd.names as select id from odd.persons;
`

let postgres: TestPostgres
let url: string
beforeAll(async () => {
  await rm(WRITTEN, { recursive: true, force: true })
  await mkdir(WRITTEN, { recursive: true })
  postgres = await startPostgres()
  await postgres.pool().query(FIXTURE)
  await postgres.pool().query(ODD)
  url = postgres.connectionString
})
afterAll(async () => {
  await rm(WRITTEN, { recursive: true, force: true })
  await postgres?.stop()
})

const scaffold = async (file: string, ...schemas: string[]) => {
  const out = join(WRITTEN, file)
  const options = schemas.flatMap((schema) => ['--schema', schema])
  const ran = await run('tables', 'scaffold', '--database', url, ...options, '--out', out)
  return { ...ran, out, text: existsSync(out) ? readFileSync(out, 'utf8') : '' }
}

/** Starts a server with a mapping, over the database itself. */
async function start(tables: TableMapping): Promise<void> {
  const { folder } = await writeWorld({
    schema:
      'entity User; entity Agent; entity Tool; action query appliesTo { principal: [User, Agent], resource: [Tool] };',
    policies: '@id("all") permit (principal, action == Action::"query", resource);',
  })
  const pool = postgres.pool()
  const configuration = defineConfig({
    resource: 'https://mcp.example.com/mcp',
    issuers: [{ issuer: 'https://issuer.example', jwksUri: 'https://issuer.example/jwks' }],
    tools: { query: { output: { rows: 'sql' } } },
    policyActors: 'any',
    state: 'memory',
    tables,
    database: { query: (text, parameters) => pool.query(text, parameters) },
  })
  await (await createLockstep(configuration, { folder })).close()
}

/** Type-checks one file as a project of the team's would. */
async function typeErrors(file: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const args = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--skipLibCheck',
    '--types',
    'node',
  ]
  const child = spawn(process.execPath, [compiler, ...args, file], { cwd: ROOT })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  await new Promise((done) => child.once('close', done))
  return said
}

describe('a scaffold', () => {
  test(proves('execution:scaffold:loads'), async () => {
    const { code, out } = await scaffold('tables.ts', 'app', 'odd')
    expect(code).toBe(0)
    expect(await typeErrors(out)).toBe('')
    const tables = (await importDefault(out)) as TableMapping
    expect(Object.keys(tables)).toEqual(
      expect.arrayContaining(['app.orders', 'app.customers', 'app.order_items', 'app.pub']),
    )
    await start(tables)
    expect(tables['app.ev'], 'a table without a key of one column').not.toHaveProperty('key')
    expect(tables['odd.members']).not.toHaveProperty('key')
    expect(tables['odd.boxes']).toMatchObject({
      entity: 'Box',
      key: 'id',
      columns: {
        owner_id: { type: 'text', attribute: 'owner', entity: 'Person' },
        at: { type: 'timestamp(3) with time zone' },
      },
    })
  })

  test(proves('execution:scaffold:whole'), async () => {
    const { text, complained } = await scaffold('whole.ts', 'app', 'odd')
    const { rows } = await postgres.pool().query(`
      select n.nspname || '.' || c.relname as relation, a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('app', 'odd') and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped`)
    expect(rows.length).toBeGreaterThan(50)
    const escaped = text.replaceAll("\\'", "'")
    for (const { relation, name } of rows) {
      expect(escaped).toContain(relation.replace('\n', ' '))
      expect(escaped).toContain(name)
    }
    expect(text).toMatch(/^ {2}\/\/ not mapped: app\.v_orders is a view/m)
    expect(text).toMatch(/^ {2}\/\/ not mapped: app\.ev_1 is a part of another table/m)
    expect(text).toMatch(/^ {2}\/\/ not mapped: odd\.line feed has a name that no mapping can have/m)
    expect(text).toMatch(/^ {6}\/\/ not mapped: mood odd\.mood: /m)
    expect(complained).toContain('lockstep tables scaffold: app.v_orders is a view')
    expect(complained.split('\n').every((line) => line === '' || line.startsWith('lockstep tables scaffold: '))).toBe(
      true,
    )
  })

  test(proves('execution:scaffold:sensitive'), async () => {
    const { out } = await scaffold('sensitive.ts', 'app', 'odd')
    const tables = (await importDefault(out)) as TableMapping
    const sensitive = Object.entries(tables).flatMap(([id, { columns }]) =>
      Object.entries(columns).flatMap(([name, column]) => (column.class === 'sensitive' ? [`${id}.${name}`] : [])),
    )
    expect(sensitive.sort()).toEqual([
      'app.customers.email',
      'app.customers.ssn',
      'app.orders.ssn',
      'odd.boxes.mail_token',
      'odd.persons.email',
      'odd.persons.home_address',
      'odd.persons.password_hash',
      'odd.persons.salary_cents',
    ])
  })

  test(proves('execution:scaffold:kept'), async () => {
    const out = join(WRITTEN, 'mine.ts')
    await writeFile(out, 'mine')
    expect(await scaffold('mine.ts', 'app')).toMatchObject({ code: 2, said: '', text: 'mine' })
    expect(await run('tables', 'scaffold', '--database', url, '--schema', 'nowhere')).toMatchObject({
      code: 2,
      said: '',
    })
    const secret = 'postgres://somebody:hunter2@127.0.0.1:1/nowhere'
    const failed = await run('tables', 'scaffold', '--database', secret)
    expect(failed).toMatchObject({
      code: 1,
      said: '',
      complained: expect.stringContaining('execution.database-failed'),
    })
    expect(failed.complained).not.toContain('hunter2')
  })
})

const ORDERS = `'app.orders': { entity: 'Order', key: 'id', columns: { id: { type: 'integer' }, note: { type: 'text' },
  tenant_id: { type: 'integer', attribute: 'tenant', entity: 'Tenant' } } },`
const STATEMENT = ['--subject', 'user:ann', 'SELECT note FROM app.orders']
const QUERY = `tools: { query: {} }, policyActors: 'any', state: 'memory',`
const SCHEMA = `entity Tenant; entity User { tenant?: Tenant }; entity Agent; entity Tool; entity Order { tenant: Tenant };
  action query appliesTo { principal: [User, Agent], resource: [Tool] };
  action read appliesTo { principal: [User, Agent], resource: [Order], context: { field: String, form: String } };`
const POLICIES = `@id("query") permit (principal, action == Action::"query", resource);
  @id("own") permit (principal is User, action == Action::"read", resource is Order)
  when { context.field == "row" && context.form == "plain" && principal has tenant && resource.tenant == principal.tenant };`

const world = (tables: string, more = '') =>
  writeWorld({ schema: SCHEMA, policies: POLICIES, configuration: `${QUERY} tables: { ${tables} }, ${more}` })

describe('a snapshot', () => {
  let config: string
  let snapshot: string
  beforeAll(async () => {
    const written = await world(ORDERS, `catalog: './catalog.json',`)
    config = written.config
    const taken = await run('tables', 'snapshot', '--config', config, '--database', url)
    expect(taken).toMatchObject({ code: 0, complained: '' })
    snapshot = join(written.folder, 'catalog.json')
    await writeFile(snapshot, taken.said)
  })

  test(proves('execution:snapshot:alone'), async () => {
    const explained = await run('sql', '--config', config, ...STATEMENT)
    expect(explained, 'as the configuration names it').toMatchObject({ code: 0, complained: '' })
    const facts = JSON.stringify([
      { type: 'User', id: 'user:ann', attributes: { tenant: { entity: { type: 'Tenant', id: '1' } } }, parents: [] },
    ])
    const views = `relationships: { User: { attributes: { tenant: { view: 'app.v', key: 'a', column: 'b' } } } },`
    const { config: live } = await world(
      ORDERS,
      `${views} database: { query: async () => { throw new Error('asked') } },`,
    )
    expect(await run('sql', '--config', live, ...STATEMENT)).toMatchObject({ code: 1, said: '' })
    const unknown = await run('sql', '--config', live, '--snapshot', snapshot, ...STATEMENT)
    expect(unknown).toMatchObject({ code: 1, said: '', complained: expect.stringContaining('--facts') })
    const given = await run('sql', '--config', live, '--snapshot', snapshot, '--facts', facts, ...STATEMENT)
    expect(given).toMatchObject({ code: 0, complained: '', said: expect.stringMatching(/tenant_id = .*\$1/) })
    for (const wrong of ['{}', '[{"type":"User"}]']) {
      const { code, said } = await run('sql', '--config', live, '--snapshot', snapshot, '--facts', wrong, ...STATEMENT)
      expect({ wrong, said, failed: code !== 0 }).toEqual({ wrong, said: '', failed: true })
    }
  })

  test(proves('execution:snapshot:same'), async () => {
    const query = `database: { query: async () => { throw new Error('asked') } },`
    const wrong: readonly [string, string][] = [
      [ORDERS.replace("note: { type: 'text' }", "note: { type: 'integer' }"), 'is declared as `integer` and is `text`'],
      [ORDERS.replace('note:', 'nota:'), 'has no column `nota`'],
      [ORDERS.replace("'app.orders'", "'app.v_orders'"), 'there is no table `app.v_orders`'],
      [ORDERS.replace("key: 'id'", "key: 'tenant_id'"), 'must have a unique index of its own'],
    ]
    for (const [tables, says] of wrong) {
      const { config: other } = await world(tables, query)
      const { code, said, complained } = await run('sql', '--config', other, '--snapshot', snapshot, ...STATEMENT)
      expect({ code, said }).toEqual({ code: 1, said: '' })
      expect(complained).toContain(says)
      expect(complained, 'what mends it').toContain('write it again with `lockstep tables snapshot`')
      expect(complained).toContain(snapshot)
    }
  })

  test(proves('execution:snapshot:refused'), async () => {
    const whole = await readFile(snapshot, 'utf8')
    const broken: Readonly<Record<string, string>> = {
      nothing: '',
      text: 'no JSON',
      foreign: '{"relations":{}}',
      list: '[]',
      'of a later version': whole.replace('"version": 1', '"version": 2'),
      'without relations': '{"format":"lockstep-catalog","version":1}',
      'with a relation that is none': '{"format":"lockstep-catalog","version":1,"relations":{"app.orders":true}}',
      'with a column that lost a member': whole.replace('"unique": true', '"unique": null'),
      'with a member twice': whole.replace('"version": 1', '"version": 1, "version": 1'),
      'cut off': whole.slice(0, -10),
    }
    for (const [name, text] of Object.entries(broken)) {
      const file = join(WRITTEN, 'broken.json')
      await writeFile(file, text)
      const { code, said, complained } = await run('sql', '--config', config, '--snapshot', file, ...STATEMENT)
      expect({ name, code, said }).toEqual({ name, code: 1, said: '' })
      expect(complained, name).toMatch(/configuration\.invalid/)
      expect(complained, name).toContain('write it again with `lockstep tables snapshot`')
    }
    const { complained } = await run('sql', '--config', config, '--snapshot', join(WRITTEN, 'none.json'), ...STATEMENT)
    expect(complained).toContain('write it with `lockstep tables snapshot`')
  })

  test(proves('execution:snapshot:compared'), async () => {
    const check = () => run('tables', 'snapshot', '--config', config, '--database', url, '--check', snapshot)
    expect(await check()).toMatchObject({ code: 0, said: 'the snapshot is as the database is\n' })
    await postgres
      .pool()
      .query(`alter table app.orders alter column note set not null; alter table app.orders add column more int`)
    const changed = await check()
    await postgres
      .pool()
      .query('alter table app.orders alter column note drop not null; alter table app.orders drop column more')
    expect(changed).toMatchObject({
      code: 1,
      said: 'app.orders.note: is not as the snapshot says\napp.orders.more: is not in the snapshot\n',
    })
    expect(await run('tables', 'snapshot', '--config', config, '--database', url, '--check', 'none')).toMatchObject({
      code: 2,
    })
    const tenants = ['--config', join(ROOT, 'test/fixtures/tenants/lockstep.config.ts'), '--database', url]
    const kept = join(ROOT, 'test/fixtures/tenants/policies/catalog.json')
    expect(await run('tables', 'snapshot', ...tenants, '--check', kept), 'of the fixture').toMatchObject({ code: 0 })
    expect(await run('tables', 'snapshot', '--config', config), 'no database at all').toMatchObject({
      code: 2,
      said: '',
    })
  })
})
