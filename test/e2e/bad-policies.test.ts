import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DESK_POLICIES, openPolicyDesk, type PolicyDesk } from '../fixtures/desk/policy-desk.ts'
import { proves } from '../requirements/index.ts'

const POLICY = readFileSync(join(DESK_POLICIES, 'desk.cedar'), 'utf8')
const SCHEMA = readFileSync(join(DESK_POLICIES, 'schema.cedarschema'), 'utf8')
/** Every load is a thread's: on a busy machine that takes its time. */
const LONG = 300_000
const greets = (condition: string) =>
  `@id("more") permit (principal == User::"user:ann", action == Action::"greet", resource)\nwhen { ${condition} };\n`
const wrapped = (open: string, close: string, times: number) => `${open.repeat(times)}true${close.repeat(times)}`

/** What people and programs write into a policy folder, and the one message that they are told. */
const MISTAKES: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['a syntax error', { 'more.cedar': greets('true ==') }, /more\.cedar:2: unexpected token `\}`/],
  [
    'a string without an end',
    { 'more.cedar': greets('context.intent == "x') },
    /more\.cedar:2: a string is not closed/,
  ],
  ['150 parentheses', { 'more.cedar': greets(wrapped('(', ')', 150)) }, /more\.cedar:2: nests deeper than 64/],
  ['150 negations', { 'more.cedar': greets(wrapped('!(', ')', 150)) }, /more\.cedar:2: nests deeper than 64/],
  [
    'a type that nests 150 deep',
    { 'schema.cedarschema': `${SCHEMA}entity Deep { d: ${wrapped('Set<', '>', 150).replace('true', 'Long')} };` },
    /schema\.cedarschema:\d+: nests deeper than 64/,
  ],
  [
    'a schema that does not fit',
    { 'schema.cedarschema': SCHEMA.replace('times: Long', 'count: Long') },
    /desk\.cedar:3: .*`arguments\.times`.* not found/,
  ],
  ['no schema', { 'schema.cedarschema': '' }, /desk\.cedar:\d+: .*(Action|User|Agent)/],
  [
    'a misspelt annotation',
    { 'more.cedar': `@idd("more")\n${greets('true')}` },
    /more\.cedar:1: unknown annotation `@idd`; did you mean `@id`\?/,
  ],
  [
    'the same id twice',
    { 'more.cedar': `${greets('true')}${greets('true')}` },
    /more\.cedar:3: `@id\("more"\)` is taken by more\.cedar:1/,
  ],
  [
    'a rule that can never hold',
    { 'more.cedar': greets('context.arguments.times > 3 &&\n  context.arguments.times < 2') },
    /more\.cedar:3: `more` can never hold: `context\.arguments\.times < 2` contradicts `context\.arguments\.times > 3` in line 2/,
  ],
  [
    'an integer beyond 2^53',
    { 'more.cedar': greets('context.arguments.times < 9007199254740993') },
    /more\.cedar:1: an integer beyond 2\^53/,
  ],
  [
    'more than 10,000 policies',
    Object.fromEntries(
      Array.from({ length: 17 }, (_, file) => [
        `many-${file}.cedar`,
        Array.from(
          { length: 600 },
          (_, index) => `@id("p${file}-${index}") permit (principal, action, resource);`,
        ).join('\n'),
      ]),
    ),
    /: more than 10000 policies/,
  ],
  [
    'a file that is too large',
    { 'more.cedar': `// ${'x'.repeat(300_000)}` },
    /more\.cedar: is larger than 262144 bytes; split it/,
  ],
]

describe('at the start', () => {
  test.each(MISTAKES)(proves('edge:policy:mistake', '%s'), async (_name, files, message) => {
    await expect(openPolicyDesk(files)).rejects.toMatchObject({
      code: 'policy.invalid',
      message: expect.stringMatching(message),
    })
  })

  test(proves('edge:policy:mistake', 'more than the bounds of a load'), async () => {
    await expect(openPolicyDesk({}, { policyLoading: { milliseconds: 1 } })).rejects.toMatchObject({
      code: 'policy.invalid',
      message: expect.stringMatching(/did not load within 1 ms; .*allow more time/),
    })
    await expect(openPolicyDesk({}, { policyLoading: { seconds: 1 } as object })).rejects.toMatchObject({
      code: 'configuration.invalid',
    })
  })
})

describe('while it serves', () => {
  let open: PolicyDesk
  beforeAll(async () => {
    open = await openPolicyDesk({}, { policyLoading: { milliseconds: LONG } })
  })
  afterAll(() => open.close())

  const times = (count: number) => open.call('greet', { times: count })
  const until = async (done: () => boolean) => {
    for (let waited = 0; !done(); waited += 1) {
      if (waited > 5_000) throw new Error('nothing came of an edit')
      // Not a bare wait: calls go on being answered by the version in force while the edit is loaded.
      expect((await times(3)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  // What the bounds of a folder refuse is refused before anything is parsed; the start has shown those.
  test.each(MISTAKES.slice(0, 11))(
    proves('edge:policy:mistake-while-serving', '%s'),
    async (_name, files, message) => {
      const before = open.told.length
      const { policyVersion } = open.desk.lockstep
      open.folder.write(files)
      await until(() => open.told.length > before)
      open.folder.write({ 'more.cedar': '//', 'schema.cedarschema': SCHEMA, 'desk.cedar': POLICY })
      expect(open.told.slice(before)).toEqual([expect.stringMatching(message)])
      expect(await times(3)).toEqual({ status: 200, code: undefined })
      expect(await times(1000)).toMatchObject({ code: 'invocation.denied' })
      expect(open.desk.lockstep.policyVersion).toBe(policyVersion)
    },
    LONG,
  )

  test(
    proves('edge:policy:many'),
    async () => {
      const { policyVersion } = open.desk.lockstep
      const began = Date.now()
      for (let file = 0; file < 16; file += 1) {
        const policies = Array.from(
          { length: 620 },
          (_, index) => `@id("m${file}-${index}") permit (principal == User::"user:u${index}", action, resource);\n`,
        )
        open.folder.write({ [`many-${file}.cedar`]: policies.join('') })
      }
      open.folder.write({ 'desk.cedar': POLICY.replace('times <= 3', 'times <= 77') })
      await until(() => open.desk.lockstep.policyVersion !== policyVersion)
      process.stdout.write(`about 10,000 policies came into force in ${Date.now() - began} ms\n`)
      expect((await times(77)).status).toBe(200)
      expect(await times(78)).toMatchObject({ code: 'invocation.denied' })
    },
    LONG,
  )
})
