import type { JsonValue } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { parseSchema } from '../src/parse-schema.ts'
import { named } from '../src/schema/cedar-type.ts'
import { generateSchema, type SchemaTool } from '../src/schema/generate-schema.ts'

const POINTER = '/tools/0/inputSchema'
const tool = (schema: JsonValue, about: Partial<SchemaTool> = {}): SchemaTool => {
  return { name: 'act', action: 'act', approvable: false, input: { schema, pointer: POINTER }, ...about }
}
const generate = (...tools: SchemaTool[]) => generateSchema({ tools, entities: [] })
/** The text of `arguments` on one line, and the gaps. */
function mapped(properties: Record<string, JsonValue>, more: Record<string, JsonValue> = {}) {
  const { text, gaps } = generate(tool({ type: 'object', properties, ...more }))
  const found = /arguments: \{\n([\s\S]*?)\n {4}\},\n {2}\},\n\};/.exec(text)?.[1] ?? ''
  return {
    lines: found.split('\n').map((line) => line.trim()),
    gaps: gaps.map(({ pointer }) => pointer.replace(POINTER, '')),
  }
}

test.each<[string, Record<string, JsonValue>, Record<string, JsonValue>, readonly string[]]>([
  [
    'scalars',
    { s: { type: 'string' }, n: { type: 'integer' }, b: { type: 'boolean' } },
    {},
    ['s?: String,', 'n?: Long,', 'b?: Bool,'],
  ],
  ['required', { s: { type: 'string' } }, { required: ['s'] }, ['s: String,']],
  ['a default is filled in', { s: { type: 'string', default: 'x' } }, {}, ['s: String,']],
  ['a default of null is not', { s: { type: ['string', 'null'], default: null } }, {}, ['s?: String,']],
  [
    'null is absent',
    { s: { type: ['string', 'null'] }, t: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
    { required: ['s', 't'] },
    ['s?: String,', 't?: Long,'],
  ],
  [
    'lists',
    { s: { type: 'array', items: { type: 'array', items: { type: 'string' } } } },
    {},
    ['s?: Set<Set<String>>,'],
  ],
  [
    'objects',
    { o: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
    {},
    ['o?: {', 'a: String,', '},'],
  ],
  ['enum', { s: { enum: ['x', 'y\n'] } }, {}, ['// one of "x", "y\\n"', 's?: String,']],
  ['enum with null', { s: { enum: [1, null] } }, { required: ['s'] }, ['// one of 1', 's?: Long,']],
  ['const', { s: { const: true } }, {}, ['// one of true', 's?: Bool,']],
  [
    'a union of one shape',
    { s: { oneOf: [{ const: 'a' }, { type: 'string' }] } },
    {},
    ['// one of "a"', 's?: String,'],
  ],
  [
    'a time is text',
    { s: { type: 'string', format: 'date-time' } },
    {},
    ['// a date and time, as text', 's?: String,'],
  ],
  [
    'bounds are no types',
    { s: { type: 'string', minLength: 1, pattern: 'x', 'x-mcp-header': 'S' } },
    {},
    ['s?: String,'],
  ],
  ['references', { s: { $ref: '#/$defs/a~1b%20c' } }, { $defs: { 'a/b c': { type: 'string' } } }, ['s?: String,']],
  [
    'all of objects',
    { o: { allOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { $ref: '#/$defs/b' }] } },
    { $defs: { b: { properties: { b: { type: 'integer' } }, required: ['b'] } } },
    ['o?: {', 'a?: String,', 'b: Long,', '},'],
  ],
  [
    'names that are no identifiers',
    { 'a b': { type: 'string' }, in: { type: 'string' }, '"\u200b\\': { type: 'string' } },
    {},
    ['"a b"?: String,', '"in"?: String,', '"\\"\\u{200b}\\\\"?: String,'],
  ],
])(proves('policy:schema:arguments', '%s'), (_, properties, more, lines) => {
  expect(mapped(properties, more)).toEqual({ lines, gaps: [] })
})

const KEPT = { kept: { type: 'string' } }
test.each<[string, Record<string, JsonValue>, Record<string, JsonValue>, readonly string[], RegExp]>([
  ['a number', { x: { type: 'number' } }, {}, ['/properties/x'], /"x" may be no integer/],
  ['a union', { x: { type: ['string', 'integer'] } }, {}, ['/properties/x'], /"x" is a union of different shapes/],
  [
    'a union of objects',
    { x: { anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'string' } } }] } },
    {},
    ['/properties/x/anyOf'],
    /"x" is a union/,
  ],
  ['a tuple', { x: { type: 'array', prefixItems: [{ type: 'string' }] } }, {}, ['/properties/x'], /"x" is a tuple/],
  ['a list of anything', { x: { type: 'array' } }, {}, ['/properties/x'], /"x" says no type/],
  [
    'null in a list',
    { x: { type: 'array', items: { type: ['string', 'null'] } } },
    {},
    ['/properties/x'],
    /"x" may hold null/,
  ],
  [
    'a dictionary',
    { x: { type: 'object', additionalProperties: { type: 'string' } } },
    {},
    ['/properties/x/additionalProperties'],
    /"x" members of other names/,
  ],
  ['nothing said', { x: {} }, {}, ['/properties/x'], /"x" says no type/],
  ['nothing permitted', { x: false }, {}, ['/properties/x'], /"x" permits nothing/],
  ['values of several types', { x: { enum: ['a', 1] } }, {}, ['/properties/x/enum'], /"x" lists values of no one type/],
  [
    'shapes that exclude each other',
    { x: { type: 'string', allOf: [{ type: 'integer' }] } },
    {},
    ['/properties/x'],
    /"x" demands two shapes/,
  ],
  [
    'a reference to itself',
    { x: { $ref: '#/$defs/x' } },
    { $defs: { x: { allOf: [{ $ref: '#/$defs/x' }] } } },
    ['/$defs/x/allOf/0/$ref'],
    /"x" refers to itself/,
  ],
  [
    'a reference elsewhere',
    { x: { $ref: 'https://example.com/x' } },
    {},
    ['/properties/x/$ref'],
    /"x" refers to nothing/,
  ],
  [
    'a name of JavaScript',
    JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}'),
    {},
    ['/properties/__proto__', '/properties/constructor'],
    /"__proto__" has a name that no argument may have/,
  ],
])(proves('policy:schema:gaps', '%s'), (_, properties, more, gaps, comment) => {
  const all = Object.fromEntries([...Object.entries(properties), ...Object.entries(KEPT)])
  const found = mapped(all, more)
  expect(found.gaps).toEqual(gaps)
  expect(found.lines.join('\n')).toMatch(comment)
  expect(found.lines).toContain('kept?: String,')
  expect(found.lines.filter((line) => /^"?(x|__proto__|constructor)"?\??:/.test(line))).toEqual([])
})

test(proves('policy:schema:gaps', 'a keyword that is not mapped leaves the type'), () => {
  const found = mapped({ x: { type: 'string', not: { const: '' } }, y: { type: 'string', unheard: 1 } })
  expect(found).toEqual({
    lines: ['// `not` is not mapped', 'x?: String,', '// `unheard` is not mapped', 'y?: String,'],
    gaps: ['/properties/x/not', '/properties/y/unheard'],
  })
  const { gaps } = mapped(KEPT, { additionalProperties: true, patternProperties: {} })
  expect(gaps).toEqual(['/additionalProperties', '/patternProperties'])
})

test(proves('policy:schema:bounded'), () => {
  const deep = (levels: number): JsonValue =>
    levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(levels - 1) }, required: ['a'] }
  expect(mapped({ x: deep(8) }).gaps).toEqual([])
  expect(mapped({ ...KEPT, x: deep(40) }).gaps).toHaveLength(1)
  const wide = Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`p${at}`, { type: 'string' }]))
  expect(mapped(wide).gaps.length).toBeGreaterThan(900)
  // Each level refers to the next one twice: 2^30 schemas, if somebody walked them.
  const doubled = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [
      `d${at}`,
      { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  )
  expect(
    mapped({ ...KEPT, x: { $ref: '#/$defs/d0' } }, { $defs: { ...doubled, d30: { type: 'string' } } }).gaps,
  ).not.toEqual([])
  for (const schema of [null, 1, [], 'x', true, { type: 'string' }, { $ref: '#' }] satisfies JsonValue[]) {
    expect(generate(tool(schema)).gaps, JSON.stringify(schema)).toHaveLength(1)
  }
})

test(proves('policy:schema:bounded', 'no name or value leaves its place'), () => {
  const nasty = 'x\n} entity Evil; //\u2028\u202e'
  const { text, gaps } = generate(
    tool({ properties: { [nasty]: { enum: [nasty] }, y: { type: 'number' } } }, { name: nasty }),
    tool({}, { action: nasty }),
  )
  expect([...parseSchema(text).rules.entities.keys()].sort()).toEqual(['Agent', 'Role', 'Tool', 'User'])
  expect([...(parseSchema(text).actions.get('act')?.told.arguments?.keys() ?? [])]).toEqual([nasty])
  expect(gaps.map(({ says }) => says)).toContainEqual(expect.stringContaining('is no name that an action may have'))
})

test(proves('policy:schema:whole'), () => {
  const read = {
    name: 'Expense',
    says: 'public.expenses',
    gaps: [],
    attributes: new Map([
      ['dept', { type: named('Department'), required: true }],
      ['note', { type: named('String'), required: false }],
    ]),
  }
  const list = tool({ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }, { name: 'list' })
  const approve = { ...list, name: 'approve', action: 'approve', resource: 'Expense', approvable: true }
  const { text, gaps } = generateSchema({ tools: [list, approve], entities: [read] })
  expect(gaps).toEqual([])
  expect(text).toBe(generateSchema({ tools: [approve, list], entities: [read] }).text)
  expect(text).toContain('// public.expenses\nentity Expense {\n  dept: Department,\n  note?: String,\n};')
  const { actions, rules } = parseSchema(text)
  expect([...actions.keys()]).toEqual(['act', 'approve', 'read'])
  const members = (id: string) => [...(actions.get(id)?.context.keys() ?? [])].sort()
  expect(members('act')).toEqual(['acr', 'actor', 'arguments', 'intent', 'labels', 'proof'])
  expect(members('approve')).toEqual(['acr', 'actor', 'approval', 'arguments', 'intent', 'labels', 'proof'])
  expect(members('read')).toEqual(['acr', 'actor', 'field', 'form', 'intent', 'proof'])
  expect([...(rules.actions.get('approve')?.resources ?? [])]).toEqual(['Expense'])
})

test(proves('policy:schema:whole', 'tools that share an action'), () => {
  const one = tool({ properties: { id: { type: 'string' }, n: { type: 'integer' } }, required: ['id', 'n'] })
  const other = tool(
    {
      properties: { id: { type: 'string' }, n: { type: 'string' }, more: { type: 'string' } },
      required: ['id', 'more'],
    },
    { name: 'other' },
  )
  const { text, gaps } = generate(one, other)
  expect(text).toContain('    arguments: {\n      id: String,\n      more?: String,\n      // not mapped: "n" differs')
  expect(gaps).toEqual([{ pointer: 'act', says: '`n` differs between the tools of this action' }])
})
