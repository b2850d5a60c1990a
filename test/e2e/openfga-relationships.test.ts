import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RelationTuple } from '@lockstep/core'
import type { LockstepConfiguration } from '@lockstep/mcp'
import {
  type OpenfgaMapping,
  type OpenfgaRelationshipsOptions,
  openfgaRelationships,
  openfgaSdkRelationships,
  type Relations,
} from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'
import type { TestAgent } from '@lockstep/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, HELPER, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { type OpenfgaServer, serveOpenfga } from '../fixtures/openfga-server.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, serve } from './serve.ts'

const MODEL = `model
  schema 1.1
type user
type agent
type group
  relations
    define member: [user, group#member]
type vault
  relations
    define holder: [user, group#member]
    define suspended: [user]
    define opener: holder but not suspended
    define reached_by: [agent]
`
const SCHEMA = `
entity Group;
entity Vault;
entity User in [Group] { vaults: Set<Vault> };
entity Agent { reaches: Set<Vault> };
entity Tool;
action "greet", "wide", "vault", "secret", "fail" appliesTo { principal: [User, Agent], resource: Tool, context: {} };
`
const POLICIES = `
@id("staff-greets") permit (principal in Group::"staff", action == Action::"greet", resource);
@id("opener-opens") permit (principal is User, action == Action::"vault", resource) when { principal.vaults.contains(Vault::"main") };
@id("agent-reaches") permit (principal is Agent, action, resource) when { principal.reaches.contains(Vault::"main") };
`
const MAPPING: OpenfgaMapping = {
  attributes: {
    User: { vaults: { relation: 'opener', type: 'vault' } },
    Agent: { reaches: { relation: 'reached_by', type: 'vault' } },
  },
  parents: { User: [{ relation: 'member', type: 'group' }] },
  // The ids of tokens are typed already, or URIs.
  userOf: ({ type, id }) => (type === 'User' ? id : `agent:${encodeURIComponent(id)}`),
}
const holds: RelationTuple = { user: 'group:ops#member', relation: 'holder', object: 'vault:main' }
const isOps: RelationTuple = { user: 'user:ann', relation: 'member', object: 'group:ops' }
const isStaff: RelationTuple = { user: 'group:ops#member', relation: 'member', object: 'group:staff' }
const reaches: RelationTuple = {
  user: `agent:${encodeURIComponent(HELPER)}`,
  relation: 'reached_by',
  object: 'vault:main',
}

let policies = ''
const opened: { close(): Promise<unknown> }[] = []
beforeAll(async () => {
  policies = await mkdtemp(join(tmpdir(), 'lockstep-openfga-'))
  await writeFile(join(policies, 'schema.cedarschema'), SCHEMA)
  await writeFile(join(policies, 'desk.cedar'), POLICIES)
  await writeFile(join(policies, 'relations.fga'), MODEL)
})
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})
afterAll(() => rm(policies, { recursive: true, force: true }))

async function open(overrides: Partial<LockstepConfiguration>): Promise<Desk> {
  const desk = await openDesk({ policies, ...overrides })
  const server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
  desk.reach(server.port)
  opened.push(desk.lockstep, server)
  return desk
}

async function send(agent: TestAgent, method: string, params: object = {}) {
  const response = await agent.fetch(RESOURCE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
  })
  const text = await response.text()
  const json = JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null'))
  return { status: response.status, body: json, code: json.error?.data?.code }
}

/** The tools that somebody sees, or the code of the denial. */
async function sees(desk: Desk, subject = 'user:ann'): Promise<readonly string[] | string> {
  const { body, code } = await send(await desk.agent({ subject }), 'tools/list')
  return code ?? body.result.tools.map(({ name }: { name: string }) => name).sort()
}

async function openVault(desk: Desk, subject = 'user:ann') {
  const { code, status } = await send(await desk.agent({ subject }), 'tools/call', { name: 'vault', arguments: {} })
  return { code, status, ran: desk.ran.splice(0).length }
}

describe('in process', () => {
  const source = (options: Partial<OpenfgaRelationshipsOptions> = {}) =>
    openfgaRelationships({ model: { file: 'relations.fga' }, ...MAPPING, ...options })

  async function openOwn(
    options: Partial<OpenfgaRelationshipsOptions> = {},
    overrides: Partial<LockstepConfiguration> = {},
  ) {
    const relationships = source({ model: MODEL, ...options })
    const desk = await open({ relationships, ...overrides })
    return { desk, relations: await relationships.relations }
  }

  test(proves('policy:relations:attributes'), async () => {
    const { desk, relations } = await openOwn()
    expect(await sees(desk)).toEqual([])
    await relations.change({ writes: [holds, isOps, isStaff, reaches] })
    expect(await sees(desk)).toEqual(['greet', 'vault'])
    expect(await sees(desk, 'user:bob')).toEqual([])
    expect(await openVault(desk)).toMatchObject({ status: 200, ran: 1 })
    await relations.change({ writes: [{ user: 'user:ann', relation: 'suspended', object: 'vault:main' }] })
    expect(await sees(desk)).toEqual(['greet'])
  })

  test(proves('policy:relations:attributes', 'the facts themselves'), async () => {
    const tuples = createMemoryState({ clock: () => 0 }).relations
    await tuples.change({ writes: [holds, isOps, isStaff, reaches] })
    const relationships = openfgaRelationships({
      model: MODEL,
      tuples,
      attributes: { User: { vaults: { relation: 'opener', type: 'vault', entity: 'Safe' } } },
      parents: { User: [{ relation: 'member', type: 'group' }] },
    })
    const facts = await relationships.load({
      subject: { issuer: 'https://as.example', id: 'ann' },
      actor: { id: HELPER },
    })
    const { model } = await relationships.relations
    const asked: unknown[] = []
    const userOf: OpenfgaMapping['userOf'] = ({ type, id, issuer }) => {
      asked.push([type, id, issuer])
      return issuer === 'https://as.example' ? 'user:other' : 'user:ann'
    }
    const other = await source({ model: MODEL, tuples, userOf }).load({
      subject: { issuer: 'https://as.example', id: 'ann' },
    })
    expect(other.entities[0]?.parents, 'the same name at another issuer').toEqual([])
    expect(asked).toEqual([['User', 'ann', 'https://as.example']])
    expect(facts).toEqual({
      entities: [
        {
          type: 'User',
          id: 'ann',
          attributes: { vaults: { set: [{ entity: { type: 'Safe', id: 'main' } }] } },
          parents: [
            { type: 'Group', id: 'ops' },
            { type: 'Group', id: 'staff' },
          ],
        },
        { type: 'Agent', id: HELPER, attributes: {}, parents: [] },
      ],
      revision: `${model.id}:1`,
    })
  })

  test(proves('policy:relations:current', 'between two steps of an agent'), async () => {
    const { desk, relations } = await openOwn()
    await relations.change({ writes: [holds, isOps, isStaff, reaches] })
    expect(await openVault(desk)).toMatchObject({ status: 200, ran: 1 })
    await relations.change({ deletes: [isOps] })
    expect(await openVault(desk)).toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
    expect(await sees(desk)).toEqual([])
    await relations.change({ writes: [isOps], deletes: [reaches] })
    expect(await openVault(desk), 'the actor counts as well').toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
  })

  test.each([
    ['a group', 'group:ops#member'],
    ['everybody', 'user:*'],
    ['a text of another form', 'ann smith'],
    ['nobody', ''],
    ['NUL', 'user:ann\u0000'],
    ['a type that the model lacks', 'person:ann'],
  ])(`${proves('policy:relations:odd-ids')}: a subject named as %s`, async (_name, subject) => {
    const tuples = createMemoryState({ clock: () => 0 }).relations
    await tuples.change({ writes: [holds, isOps] })
    const load = () => source({ model: MODEL, tuples }).load({ subject: { issuer: 'https://as.example', id: subject } })
    await expect(load()).rejects.toMatchObject({ code: 'policy.facts-unavailable' })
    await expect(load()).rejects.not.toHaveProperty('cause')
  })

  test(proves('policy:relations:unreadable', 'the state, and lists without end'), async () => {
    const state = createMemoryState({ clock: () => 0 })
    const { desk, relations } = await openOwn({ tuples: state.relations, most: 3 })
    await relations.change({ writes: [holds, isOps, isStaff, reaches] })
    const vaults = ['a', 'b', 'c'].map((id) => ({ ...holds, object: `vault:${id}` }))
    await relations.change({ writes: vaults.slice(1) })
    expect(await sees(desk)).toEqual(['greet', 'vault'])
    await relations.change({ writes: vaults.slice(0, 1) })
    expect(await sees(desk)).toBe('policy.facts-too-large')
    expect(await openVault(desk)).toMatchObject({ status: 503, code: 'policy.facts-too-large', ran: 0 })
    await relations.change({ deletes: vaults.slice(0, 1) })
    expect(await openVault(desk)).toMatchObject({ status: 200, ran: 1 })
    await state.close()
    expect(await openVault(desk)).toMatchObject({ status: 503, code: 'state.unavailable', ran: 0 })
  })

  test(proves('policy:relations:unreadable', 'a question beyond its bounds'), async () => {
    const { desk, relations } = await openOwn({ limits: { steps: 8 } })
    const ring = ['a', 'b', 'c', 'd'].map((id, index, all) => ({
      user: `group:${all[(index + 1) % 4]}#member`,
      relation: 'member',
      object: `group:${id}`,
    }))
    await relations.change({ writes: [...ring, { ...isOps, object: 'group:d' }] })
    expect(await openVault(desk)).toMatchObject({ status: 503, code: 'policy.facts-unavailable', ran: 0 })
  })

  test(proves('policy:relations:refused-model', 'at the start'), async () => {
    const { relations: tuples } = createMemoryState({ clock: () => 0 })
    const parts = { tuples, base: policies, issuers: ['https://as.example'] }
    const starts = (options: Partial<OpenfgaRelationshipsOptions>) => source(options).open(parts)
    await starts({})
    const refused = (says: string) => ({ code: 'policy.invalid', message: expect.stringContaining(says) })
    await expect(starts({ model: { file: 'other.fga' } })).rejects.toMatchObject(
      refused('`other.fga` could not be read'),
    )
    await expect(starts({ model: MODEL.replace('[agent]', '[robot]') })).rejects.toMatchObject(refused('`robot`'))
    const attributes = { User: { vaults: { relation: 'owner', type: 'vault' } } }
    await expect(starts({ attributes })).rejects.toMatchObject(refused('`vault#owner`'))
    const used = source({ model: `${MODEL}type user` })
    await expect(open({ relationships: used }), 'so the server does not start').rejects.toMatchObject(refused('user'))
    await expect(used.open(parts)).rejects.toMatchObject({ code: 'configuration.invalid' })
    await expect(used.load({ subject: { issuer: 'https://as.example', id: 'user:ann' } })).rejects.toMatchObject({
      code: 'policy.facts-unavailable',
    })
  })

  test(proves('policy:relations:options'), () => {
    const misspelt = { model: MODEL, attribute: {} }
    expect(() => openfgaRelationships(misspelt)).toThrow('unknown option `attribute`')
    expect(() => openfgaRelationships({ model: MODEL })).toThrow('at least one')
    expect(() => source({ most: 0 })).toThrow(TypeError)
    expect(() => source({ attributes: JSON.parse('{"Person":{}}') })).toThrow('unknown option `Person`')
    expect(() => source({ attributes: { User: { vaults: JSON.parse('{"relation":"opener"}') } } })).toThrow(TypeError)
    expect(() => source({ userOf: JSON.parse('"user"') })).toThrow(TypeError)
    expect(() => source({ model: JSON.parse('null') })).toThrow(TypeError)
  })
})

describe('on a server', () => {
  let server: OpenfgaServer
  let relations: Relations
  beforeEach(async () => {
    const tuples = createMemoryState({ clock: () => 0 }).relations
    relations = await openfgaRelationships({ model: MODEL, tuples, ...MAPPING }).relations
    server = await serveOpenfga(relations)
    opened.push(server)
  })
  const openRemote = (options: { readonly most?: number; readonly timeoutMs?: number } = {}) =>
    open({
      relationships: openfgaSdkRelationships({
        client: server.client,
        authorizationModelId: relations.model.id,
        ...MAPPING,
        // A busy machine is no silent server.
        timeoutMs: 20_000,
        ...options,
      }),
      limits: { factsMs: 20_000 },
    })

  test(proves('policy:relations:sdk'), async () => {
    const desk = await openRemote()
    expect(await sees(desk)).toEqual([])
    await server.client.write({ writes: [holds, isOps, isStaff, reaches] })
    expect(await sees(desk)).toEqual(['greet', 'vault'])
    expect(await sees(desk, 'user:bob')).toEqual([])
    expect(await openVault(desk)).toMatchObject({ status: 200, ran: 1 })
    await server.client.write({ deletes: [isOps] })
    expect(await openVault(desk), 'at the next step').toMatchObject({ code: 'discovery.tool-unknown', ran: 0 })
  })

  test(
    proves('policy:relations:attributes', 'of several issuers, which only the configuration tells apart'),
    async () => {
      const { userOf: _, ...mapping } = MAPPING
      const client = { client: server.client, authorizationModelId: relations.model.id }
      const { relations: tuples } = createMemoryState({ clock: () => 0 })
      const parts = { tuples, base: policies, issuers: ['https://as.example', 'https://other.example'] }
      const invalid = { code: 'configuration.invalid', message: expect.stringContaining('`userOf`') }
      await expect(openfgaSdkRelationships({ ...client, ...mapping }).open(parts)).rejects.toMatchObject(invalid)
      await expect(openfgaRelationships({ model: MODEL, ...mapping }).open(parts)).rejects.toMatchObject(invalid)
      await openfgaSdkRelationships({ ...client, ...MAPPING }).open(parts)
      await openfgaRelationships({ model: MODEL, ...MAPPING }).open(parts)
    },
  )

  test(proves('policy:relations:sdk', 'what is asked'), async () => {
    const asked: unknown[] = []
    server.intercept(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      asked.push(JSON.parse(Buffer.concat(parts).toString()))
      response.setHeader('content-type', 'application/json').end('{"objects":[]}')
    })
    expect(await sees(await openRemote())).toEqual([])
    const pinned = { authorization_model_id: relations.model.id, consistency: 'HIGHER_CONSISTENCY' }
    expect(asked).toContainEqual(expect.objectContaining({ user: 'user:ann', relation: 'opener', type: 'vault' }))
    for (const one of asked) expect(one).toMatchObject(pinned)
  })

  test.each([
    ['an error', (answer: string) => answer, 500, 'policy.facts-unavailable'],
    ['no list', () => '{}', 200, 'policy.facts-invalid'],
    ['no JSON', () => 'CANARY', 200, 'policy.facts-invalid'],
    ['objects of another type', () => '{"objects":["group:CANARY"]}', 200, 'policy.facts-invalid'],
    ['objects that are no texts', () => '{"objects":[["vault:main"]]}', 200, 'policy.facts-invalid'],
    ['a list that was cut off', () => '{"objects":["vault:main","vault:b"]}', 200, 'policy.facts-too-large'],
    [
      'another model',
      () => '{"code":"authorization_model_not_found","message":"CANARY"}',
      400,
      'policy.facts-unavailable',
    ],
  ])(`${proves('policy:relations:unreadable', 'a server that answers')}: %s`, async (_name, make, status, code) => {
    await server.client.write({ writes: [holds, isOps, isStaff, reaches] })
    const desk = await openRemote({ most: 2 })
    server.intercept((_request, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(make('{"code":"internal_error","message":"CANARY"}'))
    })
    const ann = await desk.agent()
    const denied = await send(ann, 'tools/call', { name: 'vault', arguments: {} })
    expect(denied).toMatchObject({ status: 503, code })
    expect(JSON.stringify([denied.body, desk.audit.events])).not.toContain('CANARY')
    expect(desk.ran).toEqual([])
  })

  test(proves('policy:relations:unreadable', 'a server that is silent, or gone'), async () => {
    await server.client.write({ writes: [holds, isOps, isStaff, reaches] })
    const desk = await openRemote({ timeoutMs: 50 })
    server.intercept(() => undefined)
    expect(await openVault(desk)).toMatchObject({ status: 503, code: 'policy.facts-unavailable', ran: 0 })
    await server.close()
    opened.splice(opened.indexOf(server), 1)
    expect(await openVault(desk)).toMatchObject({ status: 503, code: 'policy.facts-unavailable', ran: 0 })
  })

  test(proves('policy:relations:options', 'of openfgaSdkRelationships()'), () => {
    const given = { client: server.client, authorizationModelId: relations.model.id, ...MAPPING }
    const misspelt = { ...given, modelId: 'x' }
    expect(() => openfgaSdkRelationships(misspelt)).toThrow('unknown option `modelId`')
    expect(() => openfgaSdkRelationships({ ...given, authorizationModelId: 'latest' })).toThrow(TypeError)
    expect(() => openfgaSdkRelationships({ ...given, timeoutMs: 0 })).toThrow(TypeError)
    expect(() => openfgaSdkRelationships({ ...given, client: JSON.parse('{}') })).toThrow(TypeError)
  })
})
