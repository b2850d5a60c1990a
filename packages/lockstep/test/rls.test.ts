import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compareFloor, nameRoles, type Query } from '@lockstep/execution'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPENSE_SCHEMA } from '../../../examples/expense-approval/data/expense-schema.ts'
import { READER_ROLE } from '../../../examples/expense-approval/data/read-as-reader.ts'
import { SQL_FIXTURE } from '../../../test/attacks/sql-cases.ts'
import { startPostgres, type TestPostgres, VERSIONS } from '../../../test/differential/postgres.ts'
import { FLOOR_WORLD_DATA, FLOOR_WORLD_SCHEMA, floorTables } from '../../../test/fixtures/floor/floor-world.ts'
import { APP, createFloorRoles, FLOOR, type LaidFloor, planTestFloor } from '../../../test/fixtures/floor/lay-floor.ts'
import tenants from '../../../test/fixtures/tenants/lockstep.config.ts'
import { proves } from '../../../test/requirements/index.ts'
import { run } from './server-world.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const TENANTS = ['--config', at('test/fixtures/tenants/lockstep.config.ts')]
const EXPENSE = ['--config', at('examples/expense-approval/lockstep.config.ts')]
/** What the fixture has for its oracle, and no floor of its own has. */
const NO_ORACLE = 'drop owned by agent_rls; drop policy r on app.ev; drop policy r on app.orders_old;'

const generate = async (config: readonly string[], ...args: readonly string[]): Promise<string> => {
  const { code, said, complained } = await run('rls', 'generate', '--role', APP, ...config, ...args)
  expect(complained).toBe('')
  expect(code).toBe(0)
  return said
}
/** Runs a script with `psql`, from its standard input. */
async function psql(url: string, script: string): Promise<void> {
  const ran = promisify(execFile)(PSQL, ['--no-psqlrc', '--quiet', url])
  ran.child.stdin?.end(script)
  const { stdout } = await ran
  expect(stdout).toBe('')
}

/** The client that comes with PostgreSQL 15, which the suites need anyway. */
const PSQL = '/usr/lib/postgresql/15/bin/psql'
const noPsql = !VERSIONS.includes(15)

const FLOOR_WORLD = { ...tenants, tables: floorTables }
let world: string | undefined
afterAll(async () => {
  if (world) await rm(world, { recursive: true, force: true })
})
/** A folder with a policy that looks through the view of members. */
async function worldFolder(): Promise<string> {
  world = await mkdtemp(join(tmpdir(), 'lockstep-floor-'))
  await writeFile(join(world, 'schema.cedarschema'), FLOOR_WORLD_SCHEMA)
  const policy = '@id("readers") permit (principal is User, action == Action::"read", resource is Doc)'
  await writeFile(join(world, 'p.cedar'), `${policy} when { !resource.readers.contains(principal) };`)
  return world
}

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let postgres: TestPostgres
  let own: pg.Pool
  const urlOf = (database: string) => postgres.connectionString.replace(/[^/]*$/, database)
  const check = async (config: readonly string[], database = 'postgres', ...args: readonly string[]) => {
    const { code, said } = await run(
      ...['rls', 'check', '--role', APP, '--database', urlOf(database), '--json'],
      ...config,
      ...args,
    )
    const { differences } = JSON.parse(said) as { differences: readonly { at: string; says: string }[] }
    expect(code).toBe(differences.length === 0 ? 0 : 1)
    return differences.map((one) => `${one.at}: ${one.says}`)
  }

  beforeAll(async () => {
    postgres = await startPostgres({ version })
    own = postgres.pool()
    await own.query(`${SQL_FIXTURE}; ${NO_ORACLE}`)
    await createFloorRoles(postgres)
  })
  afterAll(() => postgres?.stop())

  test(proves('floor:check:differences', 'no floor at all'), async () => {
    const found = await check(TENANTS)
    expect(found).toContain('policy lockstep_read on app.orders: is missing')
    expect(found).toContain('function lockstep_floor.fact(text): is missing')
    expect(found).toContain('row security of app.pub: is another one')
    expect(found).toContain(`grant of SELECT on app.orders.note to ${APP}: is missing`)
    // nothing of it stays
    expect((await own.query("select from pg_roles where rolname = 'lockstep_floor'")).rows).toEqual([])
  })

  test.skipIf(noPsql)(proves('floor:generate:again'), async () => {
    const script = await generate(TENANTS)
    expect(await generate(TENANTS)).toBe(script)
    await psql(urlOf('postgres'), script)
    expect(await check(TENANTS)).toEqual([])
    await psql(urlOf('postgres'), script)
    expect(await check(TENANTS)).toEqual([])
  })

  describe('what is not as it was laid', () => {
    let laid: LaidFloor
    const compare = async () => {
      const client = await own.connect()
      try {
        const query: Query = async (text, values) => (await client.query(text, values)).rows
        const found = await compareFloor(laid.plan, nameRoles({ role: APP }, FLOOR), FLOOR, query)
        return found.map((one) => `${one.at}: ${one.says}`)
      } finally {
        client.release()
      }
    }
    beforeAll(async () => {
      laid = await planTestFloor(tenants, new URL('../../../test/fixtures/tenants/policies/', import.meta.url))
      await own.query(laid.sql)
      expect(await compare()).toEqual([])
    })
    afterAll(async () => expect(await compare()).toEqual([]))

    test.each([
      ['drop policy lockstep_read on app.orders', 'policy lockstep_read on app.orders: is missing'],
      ['alter policy lockstep_read on app.orders using (true)', 'policy lockstep_read on app.orders: is another one'],
      [
        'alter policy lockstep_update on app.pub with check (true)',
        'policy lockstep_update on app.pub: is another one',
      ],
      [
        `create policy more on app.orders to ${APP} using (true)`,
        `app.orders: has another policy for ${APP}, which adds rows: more`,
      ],
      ['create policy more on app.pub using (true)', `app.pub: has another policy for ${APP}, which adds rows: more`],
      ['alter table app.orders no force row level security', 'row security of app.orders: is another one'],
      ['alter table app.ev disable row level security', 'row security of app.ev: is another one'],
      [
        `grant select (ssn) on app.orders to ${APP}`,
        `grant of SELECT on app.orders.ssn to ${APP}: is not of the floor`,
      ],
      [`grant truncate on app.orders to ${APP}`, `grant of TRUNCATE on app.orders to ${APP}: is not of the floor`],
      ['grant select on app.customers to public', 'grant of SELECT on app.customers to PUBLIC: is not of the floor'],
      [`revoke delete on app.pub from ${APP}`, `grant of DELETE on app.pub to ${APP}: is missing`],
      [`grant select on app.plain to ${APP}`, `app.plain: is not of the floor, and ${APP} may read it`],
      ['grant select on app.v_orders to public', `app.v_orders: is not of the floor, and ${APP} may read it`],
      [`grant select on app.ev_2 to ${APP}`, `app.ev_2: is not of the floor, and ${APP} may read it`],
      [
        `grant execute on function app.all_orders_def to ${APP}`,
        `app.all_orders_def(): runs as own, and ${APP} may call it`,
      ],
      [`alter role ${APP} bypassrls`, `role ${APP}: bypasses row security`],
      [`alter role ${APP} superuser`, `role ${APP}: is a superuser`],
      [`grant own to ${APP}`, `role ${APP}: is a member of own`],
      [`alter table app.pub owner to ${APP}`, `app.pub: belongs to ${APP}`],
      [`grant create on schema app to ${APP}`, `schema app: ${APP} may make objects in it`],
      [
        `grant temporary on database postgres to public`,
        'grant of TEMPORARY on the database to PUBLIC: is not of the floor',
      ],
      [
        `grant select on lockstep_floor.calls to ${APP}`,
        `grant of SELECT on lockstep_floor.calls to ${APP}: is not of the floor`,
      ],
      ['alter table lockstep_floor.calls owner to own', 'table lockstep_floor.calls: is another one'],
      [
        'alter table lockstep_floor.calls drop constraint calls_handle_check',
        'table lockstep_floor.calls: is another one',
      ],
      [
        "create or replace function lockstep_floor.fact(name text) returns text language sql as 'select ''true'''",
        'function lockstep_floor.fact(text): is another one',
      ],
      ['alter function lockstep_floor.fact security invoker', 'function lockstep_floor.fact(text): is another one'],
      [
        'grant execute on function lockstep_floor.fact to public',
        'grant of EXECUTE on lockstep_floor.fact(text) to PUBLIC: is not of the floor',
      ],
      ['alter schema lockstep_floor owner to own', 'schema lockstep_floor: is another one'],
    ])(proves('floor:check:differences', '%s'), async (change, expected) => {
      await own.query(change)
      try {
        expect(await compare()).toContain(expected)
      } finally {
        await undo(own, laid.sql)
      }
    })
  })

  test(proves('floor:rows:look', 'not through a view whose owner the floor would blind'), async () => {
    await own.query('create database viewed')
    const viewed = postgres.pool('postgres', 'viewed')
    await viewed.query(FLOOR_WORLD_DATA)
    const { sql } = await planTestFloor(FLOOR_WORLD, new URL(`file://${await worldFolder()}/`))
    await viewed.query(sql)
    await viewed.query(`grant usage on schema app to own; create view app.outer_docs as select id, owner from app.docs;
      alter view app.outer_docs owner to own;
      create or replace view app.doc_readers as select id as doc_id, owner as reader from app.outer_docs`)
    await expect(viewed.query(sql)).rejects.toMatchObject({
      message: expect.stringMatching(/app\.doc_readers reads the mapped table app\.docs as the role own/),
    })
    await viewed.query('rollback')
  })

  test.skipIf(noPsql)(proves('floor:generate:again', "the expense example's"), async () => {
    await own.query('create database expense')
    const expense = postgres.pool('postgres', 'expense')
    await expense.query(`${EXPENSE_SCHEMA} ${READER_ROLE}`)
    const script = await generate(EXPENSE)
    expect(script).toContain('-- public.expenses')
    expect(script).toMatch(/--\s+iban: the class "bank" is read as a mask/)
    expect(script).not.toMatch(/GRANT SELECT \([^)]*"(iban|salary|investigation_note)"/)
    await psql(urlOf('expense'), script)
    await psql(urlOf('expense'), script)
    expect(await check(EXPENSE, 'expense')).toEqual([])
    // who reads for Lockstep itself still reads
    const policies = await expense.query(
      "select roles::text from pg_policies where policyname = 'lockstep_exempt' group by 1",
    )
    expect(policies.rows).toEqual([{ roles: '{lockstep_reader}' }])
    const granted = await generate(EXPENSE, '--partial-columns', 'grant')
    expect(granted).toMatch(/GRANT SELECT \([^)]*"iban"/)
    expect(granted).toMatch(/--\s+iban: granted, and its cells are not held back by the floor/)
    expect(granted).not.toMatch(/GRANT SELECT \([^)]*"salary"/)
  })
})

/** Undoes whatever a case did to the tenants and the roles, then lays the floor again. */
async function undo(own: pg.Pool, script: string): Promise<void> {
  await own.query(`
    drop policy if exists more on app.orders; drop policy if exists more on app.pub;
    revoke all on app.plain, app.v_orders, app.ev_2 from ${APP}, public;
    revoke execute on function app.all_orders_def from ${APP};
    alter role ${APP} nosuperuser nobypassrls; revoke own from ${APP};
    alter table app.pub owner to own;
    alter table lockstep_floor.calls owner to lockstep_floor;
    drop table lockstep_floor.calls`)
  await own.query(script)
}

describe('called wrongly', () => {
  test.each([
    [[], '--role is missing'],
    [['--role', 'lockstep_writer'], 'three roles'],
    [['--role', APP, '--exempt', APP], 'none of them is exempt'],
    [['--role', APP, '--partial-columns', 'some'], 'withhold'],
  ])(proves('floor:generate:usage', '%j'), async (args, says) => {
    const { code, said, complained } = await run('rls', 'generate', ...TENANTS, ...args)
    expect(code).toBe(2)
    expect(said).toBe('')
    expect(complained).toContain(says)
  })
})

describe('a policy that has no exact form', () => {
  let folder: string
  beforeAll(async () => {
    await mkdir(at('reports'), { recursive: true })
    folder = await mkdtemp(join(at('reports'), 'rls-'))
    await writeFile(
      join(folder, 'lockstep.config.ts'),
      `export default {
        resource: 'https://a.example/mcp',
        issuers: [{ issuer: 'https://b.example', jwksUri: 'https://b.example/jwks' }],
        tools: {}, policyActors: 'any', policies: '.',
        tables: { 'app.t': { entity: 'T', key: 'id', columns: { id: { type: 'integer' }, n: { type: 'bigint', attribute: 'n' } } } },
      }`,
    )
    await writeFile(
      join(folder, 'schema.cedarschema'),
      `entity Agent, Tool; entity User { limit: Long }; entity T { n: Long };
      action read, update appliesTo { principal: [User], resource: [T], context: { field: String, form: String } };`,
    )
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each([
    ['read', 'resource.n <= principal.limit * 2', 'multiply'],
    ['update', 'resource.n <= principal.limit + 1', 'add'],
    ['read', 'resource.n + 1 <= principal.limit', 'add'],
  ])(proves('floor:rows:exact', '%s when %s'), async (action, condition, says) => {
    const policy = `@id("other") permit (principal, action == Action::"read", resource);\n\n@id("odd") permit (principal, action == Action::"${action}", resource) when { ${condition} };`
    await writeFile(join(folder, 'p.cedar'), policy)
    const { code, said, complained } = await run(
      'rls',
      'generate',
      '--role',
      APP,
      '--config',
      join(folder, 'lockstep.config.ts'),
    )
    expect(code).toBe(1)
    expect(said).toBe('')
    expect(complained).toMatch(/policy `odd` \(p\.cedar:3\)/)
    expect(complained).toContain(says)
  })
})
