import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import type { LockstepConfiguration } from '../src/configuration.ts'
import { declareReached } from '../src/reached/declare-reached.ts'
import { validateConfiguration } from '../src/validate-configuration.ts'

const declared = (more: Partial<LockstepConfiguration>) =>
  declareReached(
    validateConfiguration(
      { resource: 'https://mcp.example/mcp', issuers: [{}], tools: { greet: {} }, ...more },
      'file',
    ),
  )

test.each<[string, Partial<LockstepConfiguration>, string]>([
  ['a name that is a tool', { prompts: { greet: {} } }, '`prompts.greet`: the name is declared already'],
  [
    'a name that is both',
    { resourceTemplates: { a: { uri: 'a://x' } }, prompts: { a: {} } },
    '`prompts.a`: the name is declared already',
  ],
  [
    'a name that is a completion',
    { tools: { 'a.b': {} }, prompts: { a: { completions: { b: { values: 'public' } } } } },
    '`prompts.a.completions.b`: the name is declared already',
  ],
  [
    'a fixed URI of a template',
    { resourceTemplates: { one: { uri: 'a://{id}' }, all: { uri: 'a://all' } } },
    '`resourceTemplates.all.uri`: `one` has that URI as well',
  ],
  [
    'a fixed URI before its template',
    { resourceTemplates: { all: { uri: 'a://all' }, one: { uri: 'a://{id}' } } },
    '`resourceTemplates.one.uri`: `all` has that URI as well',
  ],
  [
    'a URI that is declared twice',
    { resourceTemplates: { one: { uri: 'a://{id}' }, other: { uri: 'a://{id}' } } },
    '`resourceTemplates.other.uri`: `one` has that URI as well',
  ],
  [
    'a URI that is none',
    { resourceTemplates: { one: { uri: 'a://{+id}' } } },
    '`resourceTemplates.one.uri`: `{+id}` is',
  ],
  [
    'a resource by no variable',
    { resourceTemplates: { one: { uri: 'a://{id}', resource: { type: 'A', argument: 'key' } } } },
    '`resourceTemplates.one.resource.argument`: `key` is no variable of the URI',
  ],
])(proves('reach:declared', '%s'), (_what, more, says) => {
  expect(() => declared(more)).toThrow(says)
})

test(proves('reach:declared', 'of two templates neither'), () => {
  const { reached } = declared({ resourceTemplates: { a: { uri: 'x://{a}/b' }, b: { uri: 'x://a/{b}' } } })
  expect(reached.resourceAt('x://c/b')).toEqual({ name: 'a', values: { a: 'c' } })
  expect(reached.resourceAt('x://a/c')).toEqual({ name: 'b', values: { b: 'c' } })
  expect(reached.resourceAt('x://a/b')).toBeUndefined()
})

test(proves('reach:declared', 'unknown options'), () => {
  expect(() => declared({ prompts: { a: { service: 'https://a.example' } as object } })).toThrow(/prompts\.a/)
  expect(() => declared({ resourceTemplates: { a: {} as { uri: string } } })).toThrow(/resourceTemplates\.a\.uri/)
})
