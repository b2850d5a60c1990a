import { fileURLToPath } from 'node:url'
import type { RelationMapping } from '@lockstep/core'
import { createLockstep, type LockstepConfiguration } from '@lockstep/mcp'
import { createTestIssuer, type TestAgent, type TestAgentOptions } from '@lockstep/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, HELPER, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { openTeamInProcess, openTeamOnServer, type Team, teamRelations } from '../fixtures/relations/team.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const policies = fileURLToPath(new URL('../fixtures/relations/policies', import.meta.url))
const LOW = 'spiffe://desk.example/agents/low'
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close()
})

async function open(overrides: Partial<LockstepConfiguration>): Promise<Desk> {
  const desk = await openDesk({ policies, ...overrides })
  const server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
  opened.push(desk.lockstep, server)
  return desk
}

/** The names of the tools that an agent sees, or the code that it is denied with. */
async function sees(agent: TestAgent): Promise<readonly string[] | string> {
  const response = await agent.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list', params: {} }),
  })
  const text = await response.text()
  const { result, error } = JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null'))
  return error ? error.data.code : result.tools.map(({ name }: { name: string }) => name)
}

describe.each([
  ['in process', openTeamInProcess],
  ['on a server', openTeamOnServer],
])('PostgreSQL %s', (_name, openTeam) => {
  let team: Team
  const sent: { readonly text: string; readonly rows: number }[] = []
  beforeAll(async () => {
    team = await openTeam()
  }, 240_000)
  afterAll(() => team.close())

  const database: LockstepConfiguration['database'] = {
    async query(text, parameters) {
      const { rows } = await team.query(text, parameters)
      sent.push({ text, rows: rows.length })
      return { rows }
    },
  }
  const openTeamDesk = (overrides: Partial<LockstepConfiguration> = {}) =>
    open({ relationships: teamRelations, database, ...overrides })
  const whatSees = async (desk: Desk, options: Partial<TestAgentOptions>) => sees(await desk.agent(options))

  test(proves('facts:views:decided'), async () => {
    const desk = await openTeamDesk()
    expect(await whatSees(desk, { subject: 'user:ann' })).toEqual(['greet', 'wide', 'vault', 'secret', 'fail'])
    // A level too low, another region, a manager of a lower level, a role outside, and a limit that is not above.
    expect(await whatSees(desk, { subject: 'user:low' })).toEqual([])
    expect(await whatSees(desk, { subject: 'user:chief' })).toEqual([])
    // The program must be permitted as well.
    expect(await whatSees(desk, { subject: 'user:ann', actor: LOW })).toEqual([])
    expect(await whatSees(desk, { subject: 'user:ann', actor: 'spiffe://desk.example/agents/none' })).toEqual([])
  })

  test(proves('facts:views:one-statement'), async () => {
    const desk = await openTeamDesk()
    const agent = await desk.agent({ subject: 'user:ann' })
    sent.length = 0
    await sees(agent)
    expect(sent).toHaveLength(1)
    // Nothing of a caller stands in the text.
    expect(sent[0]?.text).not.toMatch(/user:ann|helper|issuer\.test/)
  })

  test(proves('facts:views:current'), async () => {
    const desk = await openTeamDesk()
    const agent = await desk.agent({ subject: 'user:ann' })
    const revisions = async () => {
      await agent.fetch(RESOURCE, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'wide', arguments: {} } }),
      })
      const event = desk.audit.events.findLast(({ step, outcome }) => step === 'invocation' && outcome === 'permitted')
      return event?.detail?.facts
    }
    const before = await revisions()
    expect(before).toMatch(/^[\w-]{43}$/)
    expect(await revisions()).toBe(before)
    await team.query("delete from hr.managers where person = 'user:ann' and dept = 42")
    expect(await sees(agent)).not.toContain('vault')
    expect(await revisions()).not.toBe(before)
    await team.query("delete from hr.role_tree where role = 'office'")
    expect(await sees(agent)).not.toContain('wide')
    // Rows in another order say the same.
    await team.query("insert into hr.role_tree values ('office', 'staff')")
    await team.query("insert into hr.managers values ('user:ann', 42)")
    expect(await revisions()).toBe(before)
  })

  test.each(['user:nobody', "user:ann' or '1' = '1", 'USER:ANN', 'user:ann ', '17', '9'.repeat(400), '%'])(
    `${proves('facts:views:stranger')}: %j`,
    async (subject) => {
      const desk = await openTeamDesk()
      expect(await whatSees(desk, { subject })).toEqual([])
    },
  )

  test(proves('facts:views:stranger', 'where ids are numbers and uuids'), async () => {
    const numbered: RelationMapping = {
      ...teamRelations,
      User: {
        ...teamRelations.User,
        attributes: {
          ...teamRelations.User.attributes,
          level: { view: 'hr.departments', key: 'id', column: 'budget', otherwise: 0 },
          active: { view: 'hr.people', key: 'badge', column: 'active', otherwise: false },
        },
      },
    }
    const desk = await openTeamDesk({ relationships: numbered })
    const strangers = ['042', '+42', '42.0', '99999999999999999999', '-', '', '0A0B0C0D-0000-4000-8000-000000000001']
    for (const subject of ['42', '0a0b0c0d-0000-4000-8000-000000000001', ...strangers.filter(Boolean)]) {
      expect(await whatSees(desk, { subject }), subject).toEqual([])
    }
  })

  test(proves('facts:views:incomplete'), async () => {
    const { level: _level, ...attributes } = teamRelations.User.attributes
    const demanding: RelationMapping = {
      ...teamRelations,
      User: {
        ...teamRelations.User,
        attributes: { ...attributes, level: { view: 'hr.people', key: 'id', column: 'level' } },
      },
    }
    const desk = await openTeamDesk({ relationships: demanding })
    expect(await whatSees(desk, { subject: 'user:null' })).toBe('policy.facts-invalid')
    expect(await whatSees(desk, { subject: 'user:nobody' })).toBe('policy.facts-invalid')
    // Title, limit, badge and home of chief are NULL, and optional.
    expect(await whatSees(desk, { subject: 'user:chief' })).toEqual([])
    expect(await whatSees(desk, { subject: 'user:ann' })).toContain('vault')
    // A department that is not known could be any.
    expect(await whatSees(await openTeamDesk(), { subject: 'user:torn' })).toBe('policy.facts-invalid')
    // A text that is no decimal is no limit, and none that can be left out.
    expect(await whatSees(desk, { subject: 'user:huge' })).toBe('policy.facts-invalid')
  })

  test(proves('facts:views:incomplete', 'two values of one attribute'), async () => {
    const two: RelationMapping = {
      ...teamRelations,
      User: {
        ...teamRelations.User,
        attributes: {
          ...teamRelations.User.attributes,
          title: { view: 'hr.words', key: 'person', column: 'word' },
        },
      },
    }
    const desk = await openTeamDesk({ relationships: two })
    expect(await whatSees(desk, { subject: 'user:ann' })).toBe('policy.facts-invalid')
    // Led by somebody of whom two things are said.
    expect(await whatSees(desk, { subject: 'user:low' })).toBe('policy.facts-invalid')
    expect(await whatSees(desk, { subject: 'user:chief' })).toEqual([])
  })

  test.each(['user:loop', 'user:self'])(`${proves('facts:views:cycle')}: %s`, async (subject) => {
    const desk = await openTeamDesk()
    expect(await whatSees(desk, { subject })).toBe('policy.facts-invalid')
    expect(await whatSees(desk, { subject: 'user:ann' })).toContain('wide')
  })

  test(proves('facts:views:bounded'), async () => {
    await team.query(`create or replace view hr.many as select person, dept from hr.managers where person <> 'user:torn'
      union all select 'user:hoarder', n::integer from generate_series(1, 1000000) as n`)
    const many: RelationMapping = {
      ...teamRelations,
      User: {
        ...teamRelations.User,
        attributes: {
          ...teamRelations.User.attributes,
          manages: { view: 'hr.many', key: 'person', column: 'dept' },
        },
      },
    }
    const desk = await openTeamDesk({ relationships: many, limits: { factValues: 1_000, factsMs: 30_000 } })
    sent.length = 0
    expect(await whatSees(desk, { subject: 'user:hoarder' })).toBe('policy.facts-too-large')
    expect(sent.map(({ rows }) => rows)).toEqual([1_001])
    expect(await whatSees(desk, { subject: 'user:ann' })).toContain('vault')
  }, 240_000)

  test(proves('facts:views:down'), async () => {
    const desk = await openTeamDesk()
    await team.query('alter view hr.leads rename to gone')
    expect(await whatSees(desk, { subject: 'user:ann' })).toBe('policy.facts-unavailable')
    await team.query('alter view hr.gone rename to leads')
    expect(await whatSees(desk, { subject: 'user:ann' })).toContain('vault')
  })

  test(proves('facts:views:issuers'), async () => {
    await team.query(`create or replace view hr.employed as select 'https://issuer.test' as iss, person, dept from hr.managers
      union all select 'https://partners.test', 'user:low', 7`)
    const all = Object.entries(teamRelations.User.attributes).map(
      ([name, relation]) => [name, { ...relation, issuer: { only: 'https://issuer.test' } }] as const,
    )
    const manages = { view: 'hr.employed', key: 'person', column: 'dept', issuer: { column: 'iss' } }
    const perIssuer: RelationMapping = {
      ...teamRelations,
      User: { attributes: { ...Object.fromEntries(all), manages } },
    }
    const partners = await createTestIssuer({ audience: RESOURCE, issuer: 'https://partners.test' })
    const ours = await createTestIssuer({ audience: RESOURCE, issuer: 'https://issuer.test' })
    const desk = await openTeamDesk({ relationships: perIssuer, issuers: [ours.issuer, partners.issuer] })
    const ask = async (issuer: typeof ours) =>
      sees(await issuer.agent({ subject: 'user:ann', actor: HELPER, acr: 'urn:desk:pwd', fetch: desk.fetch }))
    expect(await ask(ours)).toContain('vault')
    expect(await ask(partners)).toEqual([])
  })
})

describe('a mapping that does not fit', () => {
  let team: Team
  beforeAll(async () => {
    team = await openTeamInProcess()
    await team.query('create materialized view hr.stale as select * from hr.managers')
    await team
      .query("create collation hr.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
      .catch(() => undefined)
  })
  afterAll(() => team.close())
  const start = (relationships: unknown, overrides: Partial<LockstepConfiguration> = {}) =>
    openDesk({
      policies,
      database: { query: (text, parameters) => team.query(text, parameters) },
      relationships: relationships as RelationMapping,
      ...overrides,
    })
  const people = { view: 'hr.people', key: 'id', column: 'level' }
  const withUser = (attributes: object, rest: object = {}) => ({
    ...teamRelations,
    User: { ...teamRelations.User, attributes: { ...teamRelations.User.attributes, ...attributes }, ...rest },
  })
  const { manages: _manages, ...withoutManages } = teamRelations.User.attributes

  test.each([
    ['an unknown entity type', { ...teamRelations, Robot: {} }, /declares no entity type `Robot`/],
    ['an unknown attribute', withUser({ hat: people }), /declares no attribute `User\.hat`/],
    [
      'a required attribute left out',
      { ...teamRelations, User: { attributes: withoutManages } },
      /`User\.manages` is required/,
    ],
    ['a required attribute of the actor left out', { User: teamRelations.User }, /`Agent\.clearance` is required/],
    [
      'a parent that the schema does not allow',
      withUser({}, { parents: { Region: people } }),
      /lets no `User` be in a `Region`/,
    ],
    ['an unknown view', withUser({ level: { ...people, view: 'hr.persons' } }), /no view `hr\.persons`/],
    ['an unknown column', withUser({ level: { ...people, column: 'hat' } }), /`hr\.people` has no column `hat`/],
    ['an unknown key', withUser({ level: { ...people, key: 'hat' } }), /`hr\.people` has no column `hat`/],
    [
      'a text for a number',
      withUser({ level: { ...people, column: 'title' } }),
      /`hr\.people\.title` is `text`.*wants long/,
    ],
    ['a number for a text', withUser({ title: { ...people, column: 'level' } }), /wants string/],
    ['a boolean for an id', withUser({ home: { ...people, column: 'active' } }), /`hr\.people\.active` has a type/],
    ['a boolean as key', withUser({ level: { ...people, key: 'active' } }), /`hr\.people\.active` has a type/],
    ['a materialized view', withUser({ manages: { view: 'hr.stale', key: 'person', column: 'dept' } }), /materialized/],
    ['another value otherwise', withUser({ level: { ...people, otherwise: 'none' } }), /`otherwise` of `User\.level`/],
    [
      'a set otherwise',
      withUser({ manages: { ...teamRelations.User.attributes.manages, otherwise: 1 } }),
      /`otherwise`/,
    ],
    [
      'an issuer of a role',
      { ...teamRelations, Role: { parents: { Role: { ...teamRelations.Role.parents.Role, issuer: { only: 'x' } } } } },
      /`issuer` is for `User`/,
    ],
    [
      'an unknown issuer',
      withUser({ level: { ...people, issuer: { only: 'https://x.test' } } }),
      /no issuer of the configuration/,
    ],
    ['an unqualified view', withUser({ level: { ...people, view: 'people' } }), /`relationships/],
    ['an unknown member', withUser({ level: { ...people, colum: 'x' } }), /`relationships/],
    ['a source without `load`', { read: () => undefined }, /`relationships/],
  ])(`${proves('facts:views:mapping')}: %s`, async (_name, relationships, says) => {
    await expect(start(relationships)).rejects.toThrow(says)
  })

  test(proves('facts:views:mapping', 'several issuers'), async () => {
    const issuer = await createTestIssuer({ audience: RESOURCE })
    const other = { ...issuer.issuer, issuer: 'https://partners.test' }
    await expect(start(teamRelations, { issuers: [issuer.issuer, other] })).rejects.toThrow(/several issuers/)
  })

  test(proves('facts:views:mapping', 'no database'), async () => {
    const issuer = await createTestIssuer({ audience: RESOURCE })
    const started = createLockstep({
      resource: RESOURCE,
      issuers: [issuer.issuer],
      tools: {},
      policies,
      relationships: teamRelations,
      state: 'memory',
    })
    await expect(started).rejects.toThrow(/no `database` reads them/)
  })

  test(proves('facts:views:mapping', 'views that may not be read'), async () => {
    await team.query('create role nobody_reads')
    await team.query('set role nobody_reads')
    await expect(start(teamRelations)).rejects.toThrow(/cannot be read/)
    await team.query('reset role')
  })
})
