import type { JsonObject, JsonValue } from '@lockstep/core'
import fc from 'fast-check'

/** A JSON Schema with values that it accepts. */
export interface RandomSchema {
  readonly schema: JsonObject
  readonly value: fc.Arbitrary<JsonValue>
}

const NAMES = ['a', 'b', 'in', 'if', 'x y', 'ключ', '"q"', 'entity', 'type', 'a/b~c', '1', 'String']
const text = fc.string({ unit: 'binary', maxLength: 6 }).map((found) => found.toWellFormed())
const whole = fc.integer({ min: -1000, max: 1000 })

const LEAVES: readonly RandomSchema[] = [
  { schema: { type: 'string' }, value: text },
  { schema: { type: 'string', maxLength: 9, description: 'some\ntext' }, value: text },
  {
    schema: { type: 'string', format: 'date-time' },
    value: fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02T03:04:05+01:00'),
  },
  { schema: { type: 'integer', minimum: -1000 }, value: whole },
  { schema: { type: 'boolean' }, value: fc.boolean() },
  { schema: { enum: ['x', 'y"\n'] }, value: fc.constantFrom('x', 'y"\n') },
  { schema: { type: 'integer', enum: [1, 2] }, value: fc.constantFrom(1, 2) },
  { schema: { const: 'only' }, value: fc.constant('only') },
  { schema: { oneOf: [{ const: 'p' }, { const: 'q' }] }, value: fc.constantFrom('p', 'q') },
]

/** What Cedar has no type for, so that it never reaches a policy. */
const UNMAPPED: readonly RandomSchema[] = [
  { schema: { type: 'number' }, value: fc.constantFrom(0.5, 2, -1e300) },
  { schema: { type: ['string', 'integer'] }, value: fc.oneof(text, whole) },
  { schema: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] }, value: fc.tuple(text, whole) },
  {
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    value: fc.dictionary(fc.constantFrom('k', 'l'), text),
  },
  {
    schema: { type: 'array', items: { type: ['string', 'null'] } },
    value: fc.array(fc.option(text), { maxLength: 2 }),
  },
  { schema: {}, value: fc.constantFrom<JsonValue>(null, 1, 'x', [[0.5]]) },
]

const leaf = fc.constantFrom(...LEAVES)

function list(of: fc.Arbitrary<RandomSchema>): fc.Arbitrary<RandomSchema> {
  return of.map(({ schema, value }) => ({
    schema: { type: 'array', items: schema },
    value: fc.array(value, { maxLength: 3 }),
  }))
}

interface Member extends RandomSchema {
  readonly name: string
  readonly required: boolean
}

/** A member as it is, nullable in one of two ways, or with a default. */
function member(of: fc.Arbitrary<RandomSchema>): fc.Arbitrary<Member> {
  return fc
    .tuple(of, fc.constantFrom(...NAMES), fc.boolean(), fc.constantFrom('plain', 'plain', 'null', 'default'))
    .chain(([{ schema, value }, name, required, kind]) => {
      if (kind === 'null') {
        return fc.constant({ schema: { anyOf: [schema, { type: 'null' }] }, value: fc.option(value), name, required })
      }
      if (kind === 'plain') return fc.constant({ schema, value, name, required })
      return value.map((preset) => ({ schema: { ...schema, default: preset }, value, name, required: false }))
    })
}

function record(of: fc.Arbitrary<RandomSchema>): fc.Arbitrary<RandomSchema> {
  return fc
    .tuple(fc.uniqueArray(member(of), { selector: ({ name }) => name, minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([members, split]) => {
      const [first, ...others] = members
      const apart = split && first && others.length > 0
      const schema = apart ? { allOf: [objectOf([first]), objectOf(others)] } : objectOf(members)
      return { schema, value: valuesOf(members) }
    })
}

function objectOf(members: readonly Member[]): JsonObject {
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(({ name, schema }) => [name, schema])),
    required: members.filter(({ required }) => required).map(({ name }) => name),
  }
}

function valuesOf(members: readonly Member[]): fc.Arbitrary<JsonObject> {
  const each = members.map(({ name, required, value }) =>
    fc
      .tuple(required ? fc.constant(true) : fc.boolean(), value)
      .map(([there, found]) => (there ? [[name, found] as const] : [])),
  )
  return fc.tuple(...each).map((found) => Object.fromEntries(found.flat()))
}

const { nested } = fc.letrec<{ nested: RandomSchema }>((tie) => ({
  nested: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    { arbitrary: fc.constantFrom(...UNMAPPED), weight: 1 },
    { arbitrary: list(tie('nested')), weight: 1 },
    { arbitrary: record(tie('nested')), weight: 2 },
  ),
}))

/** The input schema of a tool with arguments that it accepts; sometimes a member refers to a definition. */
export const randomInput: fc.Arbitrary<{ readonly schema: JsonObject; readonly value: fc.Arbitrary<JsonObject> }> = fc
  .tuple(fc.uniqueArray(member(nested), { selector: ({ name }) => name, minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([members, refer]) => {
    const [first, ...others] = members
    if (!refer || !first || Object.hasOwn(first.schema, 'default'))
      return { schema: objectOf(members), value: valuesOf(members) }
    const referring = [{ ...first, schema: { $ref: '#/$defs/d' } }, ...others]
    return { schema: { ...objectOf(referring), $defs: { d: first.schema } }, value: valuesOf(members) }
  })
