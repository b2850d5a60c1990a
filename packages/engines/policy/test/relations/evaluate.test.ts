import { openRelations, RelationRejection, readRelationModel } from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { proves } from '../../../../../test/requirements/index.ts'
import { DOCUMENTS, holding, modelOf, open, tuple } from './open-fixture.ts'

const refused = (reason: string) => expect.objectContaining({ name: 'RelationRejection', reason })

test.each([
  [
    'direct',
    ['document:1#owner@user:anne'],
    ['document:1#owner@user:anne'],
    ['document:1#owner@user:bob', 'document:2#owner@user:anne'],
  ],
  ['computed', ['document:1#owner@user:anne'], ['document:1#viewer@user:anne'], ['document:1#blocked@user:anne']],
  [
    'userset, nested',
    ['group:a#member@user:anne', 'group:b#member@group:a#member', 'document:1#editor@group:b#member'],
    ['document:1#viewer@user:anne', 'document:1#editor@group:a#member', 'group:b#member@group:a#member'],
    ['document:1#editor@user:bob', 'document:1#owner@user:anne', 'group:a#member@group:b#member'],
  ],
  [
    'from a tupleset',
    ['document:1#parent@folder:f', 'folder:f#owner@user:anne'],
    ['document:1#viewer@user:anne'],
    ['document:1#editor@user:anne', 'document:2#viewer@user:anne'],
  ],
  [
    'everybody of a type',
    ['folder:f#viewer@user:*', 'document:1#parent@folder:f'],
    ['folder:f#viewer@user:anne', 'document:1#viewer@user:bob', 'folder:f#viewer@user:*'],
    ['folder:f#viewer@agent:anne', 'folder:f#viewer@group:g#member', 'folder:f#owner@user:anne'],
  ],
  [
    'intersection',
    [
      'document:1#owner@user:anne',
      'document:1#owner@user:bob',
      'document:1#cleared@user:anne',
      'document:1#cleared@user:carol',
    ],
    ['document:1#secret_viewer@user:anne'],
    ['document:1#secret_viewer@user:bob', 'document:1#secret_viewer@user:carol'],
  ],
  [
    'exclusion',
    [
      'document:1#owner@user:anne',
      'document:1#owner@user:bob',
      'group:g#member@user:bob',
      'document:1#blocked@group:g#member',
    ],
    ['document:1#viewer@user:anne', 'document:1#editor@user:bob'],
    ['document:1#viewer@user:bob'],
  ],
  [
    'exclusion of one from everybody',
    ['document:1#parent@folder:f', 'folder:f#viewer@user:*', 'document:1#blocked@user:bob'],
    ['document:1#viewer@user:anne', 'document:1#viewer@user:*'],
    ['document:1#viewer@user:bob'],
  ],
  [
    'all who are in a relation are in it',
    [],
    ['group:g#member@group:g#member', 'document:1#editor@document:1#editor'],
    ['group:g#member@group:h#member'],
  ],
])(`${proves('policy:relations:operators')}: %s`, async (_name, tuples, yes, no) => {
  const relations = await open(DOCUMENTS, tuples)
  expect(await holding(relations, [...yes, ...no])).toEqual(yes)
})

test(proves('policy:relations:operators', 'lists'), async () => {
  const relations = await open(DOCUMENTS, [
    'group:g#member@user:anne',
    'document:1#editor@group:g#member',
    'document:2#owner@user:anne',
    'document:3#parent@folder:f',
    'document:4#parent@folder:f',
    'folder:f#viewer@user:*',
    'document:4#blocked@user:anne',
    'document:5#owner@user:bob',
  ])
  await relations.ask((now) => {
    const objects = (user: string) => now.listObjects({ user, relation: 'viewer', type: 'document' })
    expect(objects('user:anne')).toEqual(['document:1', 'document:2', 'document:3'])
    expect(objects('user:nobody')).toEqual(['document:3', 'document:4'])
    expect(objects('group:g#member')).toEqual(['document:1'])
    const users = (object: string, type = 'user', relation?: string) =>
      now.listUsers({ object, relation: 'viewer', filter: { type, relation } })
    expect(users('document:1')).toEqual(['user:anne'])
    expect(users('document:1', 'group', 'member')).toEqual(['group:g#member'])
    expect(users('document:4')).toEqual(['user:*'])
    expect(users('document:5', 'agent')).toEqual([])
  })
})

test(proves('policy:relations:operators', 'tuples for one question'), async () => {
  const relations = await open(DOCUMENTS, ['document:1#editor@group:g#member'])
  const contextualTuples = [tuple('group:g#member@user:anne'), tuple('document:9#owner@user:anne')]
  const question = { ...tuple('document:1#viewer@user:anne'), contextualTuples }
  await relations.ask((now) => {
    expect(now.check(question)).toBe(true)
    expect(now.listObjects({ user: 'user:anne', relation: 'viewer', type: 'document', contextualTuples })).toEqual([
      'document:1',
      'document:9',
    ])
    const about = { object: 'document:1', relation: 'viewer', filter: { type: 'user' }, contextualTuples }
    expect(now.listUsers(about)).toEqual(['user:anne'])
    expect(now.check(tuple('document:1#viewer@user:anne')), 'and for no other').toBe(false)
    const misfit = [tuple('document:1#owner@group:g#member')]
    expect(() => now.check({ ...question, contextualTuples: misfit })).toThrow(refused('not-assignable'))
  })
})

test.each([
  ['malformed', 'document:1#viewer@anne'],
  ['malformed', 'document:*#viewer@user:anne'],
  ['type-unknown', 'file:1#viewer@user:anne'],
  ['type-unknown', 'document:1#viewer@person:anne'],
  ['relation-unknown', 'document:1#reader@user:anne'],
  ['relation-unknown', 'document:1#viewer@group:g#owner'],
  ['not-assignable', 'document:1#viewer@user:anne'],
  ['not-assignable', 'document:1#owner@user:*'],
  ['not-assignable', 'document:1#editor@group:g'],
])(`${proves('policy:relations:misfit')}: %s, %s`, async (reason, text) => {
  const relations = await open(DOCUMENTS, ['document:1#owner@user:bob'])
  await expect(relations.change({ writes: [tuple('document:2#owner@user:bob'), tuple(text)] })).rejects.toEqual(
    refused(reason),
  )
  expect(await holding(relations, ['document:2#owner@user:bob'])).toEqual([])
  if (reason !== 'not-assignable') await expect(holding(relations, [text])).rejects.toEqual(refused(reason))
})

test(proves('policy:relations:misfit', 'written under another model'), async () => {
  const { relations: tuples } = createMemoryState({ clock: () => 0 })
  const before = modelOf(
    DOCUMENTS.replace('define blocked: [user, group#member]', 'define blocked: [user, user:*, group#member]'),
  )
  await openRelations({ model: await readRelationModel(before), tuples }).change({
    writes: ['document:1#owner@user:anne', 'document:1#blocked@user:*'].map(tuple),
  })
  const relations = openRelations({ model: await readRelationModel(modelOf(DOCUMENTS)), tuples })
  expect(await holding(relations, ['document:1#viewer@user:anne', 'document:1#blocked@user:anne'])).toEqual([
    'document:1#viewer@user:anne',
  ])
  expect(await relations.ask((now) => [...now.tuples()].length), 'it is there, and can be deleted').toBe(2)
  await relations.change({ deletes: [tuple('document:1#blocked@user:*')] })
  expect(await relations.ask((now) => [...now.tuples()].length)).toBe(1)
})

test.each([
  'user:\u0000',
  'user:\ud800',
  'user:a b',
  'user:a\u2028b',
  'user:a:b',
  'user:',
  ':anne',
  'user:#member',
  'user:*#member',
  'user:a#b#c',
  'user:é\u0007',
  '',
  '*',
  'user',
])(`${proves('policy:relations:odd-ids')}: %j is none`, async (user) => {
  const relations = await open(DOCUMENTS)
  const odd = { ...tuple('document:1#owner@user:anne'), user }
  await expect(relations.change({ writes: [odd] })).rejects.toEqual(refused('malformed'))
  await expect(relations.change({ deletes: [odd] })).rejects.toEqual(refused('malformed'))
  await expect(relations.ask((now) => now.check(odd))).rejects.toEqual(refused('malformed'))
})

test(proves('policy:relations:odd-ids', 'each is itself alone'), async () => {
  const ids = [
    '**',
    'a*',
    '__proto__',
    'constructor',
    'é',
    'e\u0301',
    '𝒳',
    'a|b',
    'auth0|1@x.example',
    '%2A',
    'a\\',
    '"',
    "'",
    '../a',
  ]
  const relations = await open(
    DOCUMENTS,
    ids.map((id) => `document:${id}#owner@user:${id}`),
  )
  await relations.ask((now) => {
    for (const id of ids) {
      expect(now.listObjects({ user: `user:${id}`, relation: 'viewer', type: 'document' })).toEqual([`document:${id}`])
      expect(now.listUsers({ object: `document:${id}`, relation: 'viewer', filter: { type: 'user' } })).toEqual([
        `user:${id}`,
      ])
    }
  })
})

test(proves('policy:relations:bounded'), async () => {
  const chain = Array.from({ length: 60 }, (_, index) => `group:${index}#member@group:${index + 1}#member`)
  const wide = Array.from({ length: 60 }, (_, index) => `group:wide#member@group:w${index}#member`)
  const tuples = [...chain, ...wide, 'group:60#member@user:anne']
  const deep = 'group:0#member@user:anne'
  expect(await holding(await open(DOCUMENTS, tuples), [deep])).toEqual([deep])
  const complex = refused('too-complex')
  await expect(holding(await open(DOCUMENTS, tuples, { depth: 60 }), [deep])).rejects.toEqual(complex)
  const few = await open(DOCUMENTS, tuples, { steps: 50 })
  await expect(holding(few, [deep])).rejects.toEqual(complex)
  await expect(holding(few, ['group:wide#member@user:anne'])).rejects.toEqual(complex)
  await expect(
    few.ask((now) => now.listObjects({ user: 'user:anne', relation: 'member', type: 'group' })),
  ).rejects.toEqual(complex)
  const users = { object: 'group:0', relation: 'member', filter: { type: 'user' } }
  await expect(few.ask((now) => now.listUsers(users))).rejects.toEqual(complex)
  expect(await holding(few, ['group:60#member@user:anne']), 'the next question has steps of its own').toHaveLength(1)
  const many = Array.from({ length: 101 }, (_, index) => tuple(`group:g#member@user:${index}`))
  await expect(few.ask((now) => now.check({ ...tuple(deep), contextualTuples: many }))).rejects.toEqual(complex)
  const small = await open(DOCUMENTS, tuples, { tuples: 100 })
  await expect(holding(small, [deep])).rejects.toMatchObject({ code: 'policy.facts-too-large' })
  await small.change({ deletes: wide.map(tuple) })
  expect(await holding(small, [deep]), 'it recovers').toEqual([deep])
})

test(proves('policy:relations:current', 'two processes over one state'), async () => {
  const { relations: tuples } = createMemoryState({ clock: () => 0 })
  const model = await readRelationModel(modelOf(DOCUMENTS))
  const [here, there] = [openRelations({ model, tuples }), openRelations({ model, tuples })]
  const owns = 'document:1#owner@user:anne'
  expect(await here.ask((now) => now.revision)).toBe(`${model.id}:0`)
  expect(await here.change({ writes: [tuple(owns)] })).toBe(`${model.id}:1`)
  expect(await holding(there, [owns])).toEqual([owns])
  // Whoever asks while another refresh is under way must see what was committed before they asked.
  const under = there.ask((now) => now.check(tuple(owns)))
  await here.change({ deletes: [tuple(owns)] })
  const asked = await Promise.all([holding(there, [owns]), holding(there, [owns])])
  expect(asked).toEqual([[], []])
  await under
  await expect(here.change({ deletes: [tuple(owns)] })).rejects.toEqual(refused('missing'))
  expect(await there.ask((now) => now.revision)).toBe(`${model.id}:2`)
})

test(proves('policy:relations:current', 'while another question waits for the state'), async () => {
  const { relations: tuples } = createMemoryState({ clock: () => 0 })
  const owns = 'document:1#owner@user:anne'
  await tuples.change({ writes: [tuple(owns)] })
  let release = () => {}
  const held = new Promise<void>((done) => {
    release = done
  })
  const slow: typeof tuples = {
    change: tuples.change,
    async since(revision) {
      const delta = await tuples.since(revision)
      await held
      return delta
    },
  }
  const relations = openRelations({ model: await readRelationModel(modelOf(DOCUMENTS)), tuples: slow })
  const early = holding(relations, [owns])
  await tuples.change({ deletes: [tuple(owns)] })
  const late = holding(relations, [owns])
  release()
  expect(await late).toEqual([])
  await early
})

test(
  proves('policy:relations:current', 'whenever somebody asks, one look at the state ends before the next begins'),
  async () => {
    const { relations: tuples } = createMemoryState({ clock: () => 0 })
    const model = await readRelationModel(modelOf(DOCUMENTS))
    let looking = 0
    let most = 0
    let answer = () => {}
    const counted: typeof tuples = {
      change: tuples.change,
      async since(revision) {
        looking += 1
        most = Math.max(most, looking)
        await new Promise<void>((done) => {
          answer = done
          setImmediate(done)
        })
        looking -= 1
        return tuples.since(revision)
      },
    }
    for (let turns = 0; turns < 20; turns += 1) {
      const relations = openRelations({ model, tuples: counted })
      const asked = [holding(relations, []), holding(relations, [])]
      answer()
      // As many turns later as it takes to come between the two.
      for (let turn = 0; turn < turns; turn += 1) await undefined
      await Promise.all([...asked, holding(relations, [])])
    }
    expect(most).toBe(1)
  },
)

test(proves('policy:relations:current', 'what was removed leads nowhere'), async () => {
  const ways = [
    'group:g#member@user:anne',
    'document:1#editor@group:g#member',
    'document:1#editor@user:bob',
    'document:2#parent@folder:f',
    'folder:f#viewer@user:anne',
    'folder:e#viewer@user:*',
    'document:3#parent@folder:e',
  ]
  const relations = await open(DOCUMENTS, ways)
  const question = { user: 'user:anne', relation: 'viewer', type: 'document' }
  const listed = () => relations.ask((now) => now.listObjects(question))
  expect(await listed()).toEqual(['document:1', 'document:2', 'document:3'])
  await relations.change({ deletes: ['document:1#editor@group:g#member', 'document:2#parent@folder:f'].map(tuple) })
  expect(await listed()).toEqual(['document:3'])
  expect(await holding(relations, ['document:1#viewer@user:anne', 'document:2#viewer@user:anne'])).toEqual([])
  const users = { object: 'document:1', relation: 'editor', filter: { type: 'user' } }
  expect(await relations.ask((now) => now.listUsers(users))).toEqual(['user:bob'])
  await relations.change({
    writes: [tuple('document:1#editor@group:g#member')],
    deletes: [tuple('folder:e#viewer@user:*')],
  })
  expect(await listed()).toEqual(['document:1'])
})

test(proves('policy:relations:options', 'of openRelations()'), async () => {
  const model = await readRelationModel(modelOf(DOCUMENTS))
  const { relations: tuples } = createMemoryState({ clock: () => 0 })
  const misspelt = { model, tuples, limit: {} }
  expect(() => openRelations(misspelt)).toThrow('unknown option `limit`')
  expect(() => openRelations({ model, tuples, limits: { depth: 501 } })).toThrow(TypeError)
  expect(() => openRelations({ model, tuples, limits: { steps: 0 } })).toThrow(TypeError)
  expect(() => openRelations(JSON.parse('{"tuples":{}}'))).toThrow(TypeError)
  expect(new RelationRejection('full', 'x')).toBeInstanceOf(Error)
})
