import { readRelationModel } from '@lockstep/policy'
import { expect, test } from 'vitest'
import { proves } from '../../../../../test/requirements/index.ts'
import { modelToJson } from '../../src/relations/http/model-to-json.ts'
import { DOCUMENTS, modelOf } from './open-fixture.ts'

const type = (relations: string) =>
  modelOf(`type user\ntype group\n  relations\n    define member: [user]\ntype doc\n  relations\n${relations}`)

test(proves('policy:relations:model'), async () => {
  const model = await readRelationModel(modelOf(DOCUMENTS))
  const json = modelToJson(model)
  expect(await readRelationModel(json)).toEqual(model)
  expect(await readRelationModel(JSON.stringify(json))).toEqual(model)
  expect(model.id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  const other = await readRelationModel(modelOf(DOCUMENTS.replace('but not blocked', 'or blocked')))
  expect(other.id).not.toBe(model.id)
  expect(model.types.get('document')?.get('viewer')?.rewrite).toEqual({
    kind: 'exclusion',
    base: {
      kind: 'union',
      of: [
        { kind: 'computed', relation: 'editor' },
        { kind: 'from', tupleset: 'parent', relation: 'viewer' },
      ],
    },
    subtract: { kind: 'computed', relation: 'blocked' },
  })
})

test.each([
  ['nothing', '', 'relations.fga:1: '],
  ['a syntax error, with its line', modelOf('type user\ntype doc\n  relation\n'), 'relations.fga:5: '],
  ['another schema', 'model\n  schema 1.2\ntype user', 'expected `schema 1.1`'],
  [
    'a condition',
    `${type('    define a: [user with c]')}\ncondition c(x: int) {\n  x < 3\n}`,
    'conditions are not supported',
  ],
  ['an unknown type', type('    define a: [person]'), '`doc#a`: there is no type `person`'],
  ['an unknown relation of a type', type('    define a: [group#owner]'), '`doc#a`: there is no relation `group#owner`'],
  ['an unknown relation', type('    define a: [user] or b'), '`doc#a`: there is no relation `b`'],
  ['an unknown tupleset', type('    define a: [user] or member from parent'), '`doc#a`: there is no relation `parent`'],
  [
    'a tupleset that is computed',
    type('    define b: [group]\n    define p: b\n    define a: member from p'),
    '`p` must name objects only',
  ],
  [
    'a tupleset of usersets',
    type('    define p: [group#member]\n    define a: member from p'),
    '`p` must name objects only',
  ],
  [
    'a tupleset that leads nowhere',
    type('    define p: [user]\n    define a: member from p'),
    'no type of `p` has a relation `member`',
  ],
  ['relations that compute each other', type('    define a: b\n    define b: a'), 'impossible relation'],
  ['a relation that nobody can be in', type('    define a: [doc#a]'), 'no entrypoint'],
  ['a type twice', modelOf('type user\ntype user'), '`user`'],
  ['text that is no JSON', '{', 'expected JSON'],
  ['JSON of another kind', '{"policies":[]}', '`policies` is not known'],
  [
    'JSON with an unknown rewrite',
    JSON.stringify({ schema_version: '1.1', type_definitions: [{ type: 'doc', relations: { a: { any: {} } } }] }),
    '`any` is not known',
  ],
  [
    'a rewrite of two kinds',
    JSON.stringify({
      schema_version: '1.1',
      type_definitions: [{ type: 'doc', relations: { a: { this: {}, computedUserset: { relation: 'a' } } } }],
    }),
    'expected one kind of rewrite',
  ],
  [
    'a name that is none',
    JSON.stringify({ schema_version: '1.1', type_definitions: [{ type: 'a b' }] }),
    'no valid name',
  ],
  ['no end of parentheses', type(`    define a: ${'('.repeat(5_000)}[user]${')'.repeat(5_000)}`), 'nested parentheses'],
  ['a text without end', modelOf('type user\n'.padEnd(300_000)), 'characters'],
])(`${proves('policy:relations:refused-model')}: %s`, async (_name, text, says) => {
  await expect(readRelationModel(text)).rejects.toMatchObject({
    code: 'policy.invalid',
    message: expect.stringContaining(says),
  })
})

test(proves('policy:relations:refused-model', 'nested without end in JSON'), async () => {
  let rewrite: object = { this: {} }
  for (let depth = 0; depth < 10_000; depth += 1) rewrite = { union: { child: [rewrite] } }
  const json = { schema_version: '1.1', type_definitions: [{ type: 'doc', relations: { a: rewrite } }] }
  await expect(readRelationModel(json)).rejects.toMatchObject({ code: 'policy.invalid' })
})
