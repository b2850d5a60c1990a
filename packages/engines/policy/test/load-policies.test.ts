import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ObligationRegistry } from '@lockstep/core'
import { loadPolicies, parsePolicies } from '@lockstep/policy'
import { afterAll, describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { POLICIES } from './expense-fixture.ts'

const SCHEMA = `entity Role;
entity User in [Role] { limit: Long, note?: String };
entity Doc { amount: Long, owner: User };
action read appliesTo { principal: User, resource: Doc, context: { intent: String } };
`
const GOOD = '@id("one")\npermit (principal, action, resource) when { resource.amount < 5 };\n'

const load = (policy: string, schema = SCHEMA, obligations: ObligationRegistry = {}) =>
  parsePolicies({ 'schema.cedarschema': schema, 'doc.cedar': policy }, { obligations })

const nested = (depth: number) =>
  `@id("a") permit (principal, action, resource) when { ${'('.repeat(depth)}true${')'.repeat(depth)} };`

describe(proves('policy:load:mistake'), () => {
  test.each([
    [
      'syntax',
      `${GOOD}\n@id("two") permit (principal, action, resource) whn { true };`,
      /doc\.cedar:4: .*`when` or `unless`/,
    ],
    ['unfinished', `${GOOD}permit (principal, action, resource)`, /doc\.cedar:3: .*end of input.*`;`/],
    ['unfinished string', '@id("two)\npermit (principal, action, resource);', /doc\.cedar:1: a string is not closed/],
    ['no id', 'permit (principal, action, resource);', /doc\.cedar:1: the policy has no id; add `@id/],
    ['duplicate id', `${GOOD}// more\n${GOOD}`, /doc\.cedar:4: `@id\("one"\)` is taken by doc\.cedar:1/],
    [
      'misspelt annotation',
      `${GOOD}@id("two")\n@limt("3")\npermit (principal, action, resource);`,
      /doc\.cedar:4: unknown annotation `@limt`; did you mean `@limit`\? known are `@id`, `@limit`/,
    ],
    [
      'unknown annotation that resembles none',
      '@id("two")\n@quarantine\npermit (principal, action, resource);',
      /doc\.cedar:2: unknown annotation `@quarantine`; known are/,
    ],
    [
      'value of an annotation that is no integer',
      '@id("a")\n@notify\n@limit("many")\npermit (principal, action, resource);',
      /doc\.cedar:3: `@limit` takes an integer from 1 to 1000, as `@limit\("1"\)` \(on `a`\)/,
    ],
    [
      'value beyond its bounds',
      '@id("a")\n@limit("1001")\npermit (principal, action, resource);',
      /doc\.cedar:2: `@limit` takes/,
    ],
    [
      'value left out',
      '@id("a")\n@limit\npermit (principal, action, resource);',
      /doc\.cedar:2: `@limit` takes an integer/,
    ],
    [
      'value where none is taken',
      '@notify("x")\n@id("a") permit (principal, action, resource);',
      /doc\.cedar:1: `@notify` takes no value/,
    ],
    ['unknown attribute', GOOD.replace('amount', 'amuont'), /doc\.cedar:2: .*`amuont`.*did you mean `amount`/],
    [
      'unguarded optional attribute',
      '// é\n@id("a")\npermit (principal, action, resource) when {\n  principal.note == "x"\n};',
      /doc\.cedar:4: .*`note`/,
    ],
    [
      'unknown action',
      '@id("a") permit (principal, action == Action::"reed", resource);',
      /doc\.cedar:1: .*did you mean `Action::"read"`/,
    ],
    [
      'can never apply',
      '@id("a") permit (principal, action, resource) when { resource.amount < 3 && false };',
      /doc\.cedar:1: `a` can never hold: `false` is never true; /,
    ],
    [
      'can never hold: an empty interval',
      `${GOOD}@id("two") permit (principal, action, resource)\nwhen { resource.amount < 3 && principal.limit > 2 && resource.amount > 3 };`,
      /doc\.cedar:4: `two` can never hold: `resource\.amount > 3` contradicts `resource\.amount < 3` in line 4; correct or remove it/,
    ],
    [
      'can never hold: two values at once, across clauses',
      '@id("a") forbid (principal, action, resource) when { context.intent == "x" } unless { context.intent != "y" };',
      /doc\.cedar:1: `a` can never hold/,
    ],
    [
      'can never hold, in one line of many',
      `// a file
@id("a")
permit (principal, action, resource)
when {
  principal.limit > 2 &&
  resource.amount > 3 &&
  // "; when { && }
  context.intent == "&& when { (" &&
  (resource.amount < 9 || principal.limit < 3)
}
when {
  context.intent != "y" &&
  [1, 2].contains(resource.amount)
};`,
      /doc\.cedar:13: `a` can never hold: `\[1, 2\]\.contains\(resource\.amount\)` contradicts `resource\.amount > 3` in line 6; correct/,
    ],
    [
      'can never hold, with an alternative around it',
      '@id("a")\npermit (principal, action, resource)\nwhen {\n  resource.amount < 3 && resource.amount > 3 || context.intent == "a" && context.intent == "b"\n};',
      /doc\.cedar:4: `a` can never hold: `resource\.amount < 3 && .*…` is never true/,
    ],
    [
      'can never hold for what its scope admits',
      '@id("a")\npermit (principal, action == Action::"read", resource)\nwhen {\n  resource.amount < 3 &&\n  (principal is Doc || resource.amount > 5)\n};',
      /doc\.cedar:5: `a` can never hold: `\(principal is Doc \|\| resource\.amount > 5\)` contradicts `resource\.amount < 3` in line 4/,
    ],
    [
      'resource that fits no action',
      '@id("a")\npermit (principal, action,\n  resource is User);',
      /doc\.cedar:3: `a` can never apply: its actions take resources of `Doc` only; /,
    ],
    [
      'can never hold, as Cedar alone can tell',
      '@id("a")\npermit (principal, action, resource)\nwhen { resource.owner == resource };',
      /doc\.cedar:3: .*impossible/,
    ],
    [
      'can never hold beside its scope',
      '@id("a")\npermit (principal == User::"u", action, resource)\nwhen { resource.amount < 3 }\nunless { principal == User::"u" };',
      /doc\.cedar:4: `a` can never hold: `unless \{ principal == User::"u" \}` contradicts `principal == User::"u"` in line 2;/,
    ],
    [
      'scope that fits no action',
      `${GOOD}@id("two")\npermit (\n  principal is Doc,\n  action == Action::"read",\n  resource\n);`,
      /doc\.cedar:5: `two` can never apply: its actions take principals of `User` only; correct one of them/,
    ],
    [
      'can never hold: two people at once',
      '@id("a") permit (principal == User::"u", action, resource) when { ["x", "y"].contains(context.intent) && (principal == User::"v" || context.intent == "z") };',
      /doc\.cedar:1: `a` can never hold/,
    ],
    [
      'integer beyond 2^53',
      '@id("a") permit (principal, action, resource) when { resource.amount < 9007199254740993 };',
      /doc\.cedar:1: an integer beyond 2\^53/,
    ],
    [
      'unknown()',
      '@id("a") permit (principal, action, resource) when { unknown("context.intent") == "x" };',
      /doc\.cedar:1: a call of `unknown`/,
    ],
    ['template', '@id("a") permit (principal == ?principal, action, resource);', /doc\.cedar:1: .*template/],
    ['empty', '// nothing', /there is no policy/],
  ])('%s', (_name, policy, message) => {
    expect(() =>
      load(policy, SCHEMA, { limit: { kind: 'integer', atLeast: 1, atMost: 1000 }, notify: { kind: 'none' } }),
    ).toThrow(expect.objectContaining({ code: 'policy.invalid', message: expect.stringMatching(message) }))
  })

  test('in the schema', () => {
    expect(() => load(GOOD, `${SCHEMA}\nentty X;`)).toThrow(/schema\.cedarschema:6: .*unexpected token `entty`/)
    expect(() => load(GOOD, `${SCHEMA}entity X { y: Foo };`)).toThrow(/schema\.cedarschema:5: .*Foo/)
    expect(() => parsePolicies({ 'doc.cedar': GOOD })).toThrow(/schema\.cedarschema: is missing/)
  })

  test('several at once', () => {
    const bad = 'permit (principal, action, resource);\n'.repeat(7)
    expect(() => load(bad)).toThrow(/doc\.cedar:1: .*doc\.cedar:5: .*and 2 more/)
  })
})

test(proves('policy:load:whole'), () => {
  const tricky = `
    // a comment; with "quotes" and a } brace
    @id("a;b".size) permit (principal, action, resource);`
  expect(() => load(tricky)).toThrow(/policy\.invalid/)
  const bundle = load(`${GOOD}
    @id("two") forbid (principal, action, resource) when { context.intent == "a;b // \\" ;" }; // tail; permit(
    @id("three") permit (principal, action, resource) when { context.intent like "*\\*;{" };
    // @id("four") permit (principal, action, resource);`)
  expect([...bundle.policies.values()].map(({ id, effect }) => [id, effect])).toEqual([
    ['one', 'permit'],
    ['two', 'forbid'],
    ['three', 'permit'],
  ])
})

describe(proves('policy:load:nesting'), () => {
  const chain = (part: string, joiner: string) => Array(3000).fill(part).join(joiner)
  test.each([
    ['parentheses', nested(150)],
    ['negations', `@id("a") permit (principal, action, resource) when { ${'!('.repeat(150)}true${')'.repeat(150)} };`],
    ['conjunctions', `@id("a") permit (principal, action, resource) when { ${chain('true', '&&')} };`],
    ['sums', `@id("a") permit (principal, action, resource) when { ${chain('1', '+')} == 1 };`],
    ['paths', `@id("a") permit (principal, action, resource) when { ${chain('principal', '.')} == 1 };`],
    [
      'ifs',
      `@id("a") permit (principal, action, resource) when { ${'if true then '.repeat(150)}true${' else true'.repeat(150)} };`,
    ],
  ])('%s', (_name, policy) => {
    expect(() => load(policy)).toThrow(/doc\.cedar:1: nests deeper than 64/)
    // The engine never saw it, and still works.
    expect(load(GOOD).policies.size).toBe(1)
  })

  test('schema', () => {
    const deep = `${'Set<'.repeat(150)}Long${'>'.repeat(150)}`
    expect(() => load(GOOD, `${SCHEMA}entity X { y: ${deep} };`)).toThrow(/schema\.cedarschema:5: nests deeper/)
  })

  test('what people write is not refused', () => {
    expect(load(nested(20)).policies.size).toBe(1)
    const many = Array.from({ length: 500 }, (_, index) => `"${index}"`).join(', ')
    expect(
      load(`@id("a") permit (principal, action, resource) when { [${many}].contains(context.intent) };`),
    ).toBeTruthy()
  })
})

test(proves('policy:load:whole', 'a scope that admits questions through groups only'), () => {
  const grouped = SCHEMA.replace('action read', 'action some; action read in [some]')
  const inGroups = '@id("a") permit (principal in Role::"r", action in Action::"some", resource);'
  expect(load(inGroups, grouped).policies.size).toBe(1)
})

describe('folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-policies-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test(proves('policy:load:size'), () => {
    expect(() => loadPolicies(join(folder, 'absent'))).toThrow(/cannot be read \(ENOENT\)/)
    writeFileSync(join(folder, 'schema.cedarschema'), SCHEMA)
    writeFileSync(join(folder, 'a.cedar'), GOOD)
    expect(loadPolicies(folder).policies.size).toBe(1)
    writeFileSync(join(folder, 'b.cedar'), `//${'x'.repeat(300_000)}`)
    expect(() => loadPolicies(folder)).toThrow(/b\.cedar: is larger than/)
    writeFileSync(join(folder, 'b.cedar'), Buffer.from([0x2f, 0x2f, 0xff, 0xfe]))
    expect(() => loadPolicies(folder)).toThrow(/b\.cedar: cannot be read/)
  })

  test('the example loads', () => {
    expect(loadPolicies(POLICIES).policies.size).toBeGreaterThan(10)
  })
})

test(proves('policy:version:content'), () => {
  const files = { 'schema.cedarschema': SCHEMA, 'a.cedar': GOOD }
  const version = (over: Record<string, string> = {}) => parsePolicies({ ...files, ...over }).version
  expect(version()).toMatch(/^[\w-]{16}$/)
  expect(parsePolicies({ 'a.cedar': GOOD, 'schema.cedarschema': SCHEMA }).version).toBe(version())
  const others = [
    version({ 'a.cedar': `${GOOD} ` }),
    version({ 'schema.cedarschema': `${SCHEMA} ` }),
    version({ 'b.cedar': '' }),
    parsePolicies({ 'schema.cedarschema': SCHEMA, 'b.cedar': GOOD }).version,
  ]
  expect(new Set([version(), ...others]).size).toBe(5)
})

describe(proves('policy:load:no-actor'), () => {
  const AGENTS = SCHEMA.replace('principal: User,', 'principal: [User, Agent],').replace(
    'entity Role;',
    'entity Role; entity Agent;',
  )
  const demand = (policy: string, schema = AGENTS) =>
    parsePolicies(
      { 'schema.cedarschema': schema, 'doc.cedar': policy },
      { principals: { User: 'add one', Agent: 'add an agent' } },
    )

  test.each([
    ['a permit for users', '@id("a") permit (principal is User, action, resource);'],
    [
      'a forbid for agents',
      '@id("a") permit (principal is User, action, resource); @id("b") forbid (principal is Agent, action, resource);',
    ],
    [
      'a condition that no agent meets',
      '@id("a") permit (principal, action, resource) when { principal is User && principal.limit > 3 };',
    ],
    ['a permit for agents that are in a role', '@id("a") permit (principal in Role::"r", action, resource);'],
  ])('%s', (_name, policy) => {
    expect(() => demand(policy)).toThrow(
      expect.objectContaining({
        code: 'policy.invalid',
        message: expect.stringMatching(/: no policy can ever permit `principal is Agent`; add an agent; /),
      }),
    )
  })

  test('a schema without agents', () => {
    expect(() => demand('@id("a") permit (principal, action, resource);', SCHEMA)).toThrow(/`principal is Agent`/)
  })

  test('no subject', () => {
    expect(() => demand('@id("a") permit (principal is Agent, action, resource);')).toThrow(
      /`principal is User`; add one/,
    )
  })

  test.each([
    '@id("a") permit (principal, action, resource);',
    '@id("a") permit (principal is User, action, resource); @id("b") permit (principal == Agent::"x", action, resource);',
  ])('%s is enough', (policy) => expect(demand(policy).policies.size).toBeGreaterThan(0))
})
