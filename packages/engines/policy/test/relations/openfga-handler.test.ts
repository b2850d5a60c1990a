import { createOpenfgaHandler, type Relations } from '@lockstep/policy'
import {
  ClientWriteRequestOnDuplicateWrites,
  ClientWriteRequestOnMissingDeletes,
  ConsistencyPreference,
} from '@openfga/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KEY, type OpenfgaServer, STORE, serveOpenfga } from '../../../../../test/fixtures/openfga-server.ts'
import { proves } from '../../../../../test/requirements/index.ts'
import { DOCUMENTS, open, tuple } from './open-fixture.ts'

let relations: Relations
let server: OpenfgaServer
beforeAll(async () => {
  relations = await open(DOCUMENTS)
  server = await serveOpenfga(relations)
})
afterAll(() => server.close())

const stored = () => relations.ask((now) => [...now.tuples()].length)

test(proves('policy:relations:http', 'through the official client'), async () => {
  const { client } = server
  const model = relations.model.id
  await client.write({
    writes: [
      'group:g#member@user:anne',
      'document:1#editor@group:g#member',
      'document:2#parent@folder:f',
      'folder:f#viewer@user:*',
      'document:3#owner@user:bob',
    ].map(tuple),
  })
  const views = (user: string, object: string) => ({ user, relation: 'viewer', object })
  const options = { authorizationModelId: model, consistency: ConsistencyPreference.HigherConsistency }
  expect((await client.check(views('user:anne', 'document:1'), options)).allowed).toBe(true)
  expect((await client.check(views('user:anne', 'document:3'), options)).allowed).toBe(false)
  const contextualTuples = [tuple('document:3#editor@user:anne')]
  expect((await client.check({ ...views('user:anne', 'document:3'), contextualTuples })).allowed).toBe(true)
  const { result } = await client.batchCheck({
    checks: [
      { ...views('user:anne', 'document:1'), correlationId: 'one' },
      { ...views('user:bob', 'document:1'), correlationId: 'two' },
      { ...views('user:bob', 'file:1'), correlationId: 'three' },
    ],
  })
  const told = Object.fromEntries(result.map((one) => [one.correlationId, one.allowed ?? one.error]))
  expect(told).toMatchObject({ one: true, two: false })
  const listed = await client.listObjects({ user: 'user:anne', relation: 'viewer', type: 'document' })
  expect(listed.objects).toEqual(['document:1', 'document:2'])
  const about = { object: { type: 'document', id: '2' }, relation: 'viewer' }
  expect((await client.listUsers({ ...about, user_filters: [{ type: 'user' }] })).users).toEqual([
    { wildcard: { type: 'user' } },
  ])
  const editors = { object: { type: 'document', id: '1' }, relation: 'editor' }
  expect((await client.listUsers({ ...editors, user_filters: [{ type: 'group', relation: 'member' }] })).users).toEqual(
    [{ userset: { type: 'group', id: 'g', relation: 'member' } }],
  )
  const read = await client.readAuthorizationModel({ authorizationModelId: model })
  expect(read.authorization_model?.type_definitions.map(({ type }) => type)).toEqual([...relations.model.types.keys()])
  expect((await client.readLatestAuthorizationModel()).authorization_model?.id).toBe(model)
  await client.write({ deletes: [tuple('group:g#member@user:anne')] })
  expect((await client.check(views('user:anne', 'document:1'))).allowed).toBe(false)
})

test(proves('policy:relations:http', 'reads page by page, and deletes what it read'), async () => {
  const { client } = server
  const many = Array.from({ length: 30 }, (_, index) => tuple(`group:paged#member@user:${index}`))
  await client.write({ writes: many })
  const seen: string[] = []
  let continuationToken = ''
  do {
    const page = await client.read({ object: 'group:paged' }, { pageSize: 7, continuationToken })
    seen.push(...page.tuples.map(({ key }) => key.user))
    await client.write({
      deletes: page.tuples.map(({ key: { user, relation, object } }) => ({ user, relation, object })),
    })
    continuationToken = page.continuation_token
  } while (continuationToken)
  expect(seen.sort()).toEqual(many.map(({ user }) => user).sort())
  expect((await client.read({ object: 'group:paged' })).tuples).toEqual([])
  expect((await client.read({ user: 'user:bob', object: 'document:' })).tuples.map(({ key }) => key.object)).toEqual([
    'document:3',
  ])
  await expect(client.read({ user: 'user:bob' })).rejects.toMatchObject({ apiErrorCode: 'validation_error' })
})

test.each([
  [
    'a duplicate',
    { writes: [tuple('document:9#owner@user:bob'), tuple('document:3#owner@user:bob')] },
    'write_failed_due_to_invalid_input',
  ],
  [
    'a missing one',
    { writes: [tuple('document:9#owner@user:bob')], deletes: [tuple('document:3#owner@user:anne')] },
    'write_failed_due_to_invalid_input',
  ],
  [
    'an unknown type',
    { writes: [tuple('document:9#owner@user:bob'), tuple('file:3#owner@user:bob')] },
    'type_not_found',
  ],
  [
    'an unknown relation',
    { writes: [tuple('document:9#owner@user:bob'), tuple('document:3#reads@user:bob')] },
    'relation_not_found',
  ],
  [
    'a user of another kind',
    { writes: [tuple('document:9#owner@user:bob'), tuple('document:3#owner@user:*')] },
    'validation_error',
  ],
  [
    'one twice',
    { writes: [tuple('document:9#owner@user:bob'), tuple('document:9#owner@user:bob')] },
    'validation_error',
  ],
  [
    'a condition',
    { writes: [{ ...tuple('document:9#owner@user:bob'), condition: { name: 'c', context: {} } }] },
    'validation_error',
  ],
  [
    'too many',
    { writes: Array.from({ length: 101 }, (_, index) => tuple(`document:${index}9#owner@user:bob`)) },
    'validation_error',
  ],
])(`${proves('policy:relations:http', 'refused whole')}: %s`, async (_name, change, code) => {
  const before = await stored()
  await expect(server.client.write(change)).rejects.toMatchObject({ statusCode: 400, apiErrorCode: code })
  expect(await stored()).toBe(before)
})

test(proves('policy:relations:http', 'ignored where the client says so'), async () => {
  const before = await stored()
  const [there, missing] = [tuple('document:3#owner@user:bob'), tuple('document:3#owner@user:anne')]
  const conflict = {
    onDuplicateWrites: ClientWriteRequestOnDuplicateWrites.Ignore,
    onMissingDeletes: ClientWriteRequestOnMissingDeletes.Ignore,
  }
  await server.client.write({ writes: [there], deletes: [missing] }, { conflict })
  expect(await stored()).toBe(before)
})

const post = (path: string, body: string | object, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const write = { writes: { tuple_keys: [tuple('document:8#owner@user:eve')] } }
const check = { tuple_key: tuple('document:1#viewer@user:anne') }

test.each([
  ['no key', `/stores/${STORE}/write`, write, { authorization: '' }, 401],
  ['another key', `/stores/${STORE}/write`, write, { authorization: `Bearer ${KEY}x` }, 401],
  ['a key of another scheme', `/stores/${STORE}/write`, write, { authorization: `Basic ${KEY}` }, 401],
  ['another store', '/stores/01JMZ00000000000000000000X/write', write, {}, 404],
  ['no store', '/write', write, {}, 404],
  ['an unknown operation', `/stores/${STORE}/expand`, write, {}, 404],
  ['another model', `/stores/${STORE}/write`, { ...write, authorization_model_id: STORE }, {}, 400],
  ['no JSON', `/stores/${STORE}/write`, '{', {}, 400],
  ['an array', `/stores/${STORE}/write`, [write], {}, 400],
  ['a member twice', `/stores/${STORE}/write`, `{"writes":${JSON.stringify(write.writes)},"writes":{}}`, {}, 400],
  ['a body without end', `/stores/${STORE}/write`, JSON.stringify({ ...write, note: 'x'.repeat(600_000) }), {}, 400],
  ['nesting without end', `/stores/${STORE}/write`, `{"writes":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, {}, 400],
  ['writes of another kind', `/stores/${STORE}/write`, { writes: write.writes.tuple_keys }, {}, 400],
  ['a number for a user', `/stores/${STORE}/check`, { tuple_key: { ...check.tuple_key, user: 1 } }, {}, 400],
  ['a user with NUL', `/stores/${STORE}/check`, { tuple_key: { ...check.tuple_key, user: 'user:\u0000' } }, {}, 400],
  ['checks without ids', `/stores/${STORE}/batch-check`, { checks: [check] }, {}, 400],
  ['a token of somebody else', `/stores/${STORE}/read`, { continuation_token: '***' }, {}, 400],
  ['an endless page', `/stores/${STORE}/read`, { page_size: 101 }, {}, 400],
])(`${proves('policy:relations:http-closed')}: %s`, async (_name, path, body, headers, status) => {
  const before = await stored()
  const answer = await post(path, body, headers)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual({ code: expect.any(String), message: expect.any(String) })
  expect(await stored()).toBe(before)
  expect((await post(`/stores/${STORE}/check`, check)).status, 'the next is served').toBe(200)
})

test(proves('policy:relations:http-closed', 'tuples that are not available say nothing'), async () => {
  const broken = await serveOpenfga(Promise.reject(new Error('CANARY')))
  const headers = { authorization: `Bearer ${KEY}` }
  const answer = await fetch(`${broken.url}/stores/${STORE}/check`, {
    method: 'POST',
    headers,
    body: JSON.stringify(check),
  })
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('CANARY')])
  await broken.close()
})

test(proves('policy:relations:options', 'of createOpenfgaHandler()'), () => {
  const given = { relations, keys: [KEY] }
  const misspelt = { ...given, store: STORE }
  expect(() => createOpenfgaHandler(misspelt)).toThrow('unknown option `store`')
  for (const keys of [[], ['short'], [`${KEY} `], [`${KEY}é`]]) {
    expect(() => createOpenfgaHandler({ ...given, keys })).toThrow(TypeError)
  }
  expect(() => createOpenfgaHandler({ ...given, storeId: 'lockstep' })).toThrow(TypeError)
  expect(() => createOpenfgaHandler(JSON.parse(`{"keys":["${KEY}"]}`))).toThrow(TypeError)
})
