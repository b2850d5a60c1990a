import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Question,
  residualForBoth,
  type Value,
} from '@lockstep/core'
import { planOutput, release } from '@lockstep/execution/egress'
import { parsePolicies } from '@lockstep/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Carrier } from '../../packages/bindings/mcp/src/reached/carrier.ts'
import { resourceContents } from '../../packages/bindings/mcp/src/reached/resource-contents.ts'
import type { PolicyBundle } from '../../packages/engines/policy/src/policy-bundle.ts'
import { createPolicyPoint } from '../../packages/engines/policy/src/policy-point.ts'
import {
  cedarAnswer,
  encoded,
  preparePolicySet,
  prepareSchema,
} from '../../packages/engines/policy/test/oracle/cedar-answer.ts'
import { someOf } from '../../packages/engines/policy/test/oracle/policy-pool.ts'
import { random } from '../../packages/engines/policy/test/oracle/random.ts'
import { authorizedCall } from '../fixtures/expense/authorized-call.ts'
import { NIGHTLY, within } from '../long-runs.ts'
import { proves } from '../requirements/index.ts'
import { leaveSent, SENT, sentBy } from './egress/leave-sent.ts'
import { leaveStreamed } from './egress/leave-streamed.ts'
import { randomSchema } from './egress/random-schema.ts'
import { KEPT } from './policy-cells/kept.ts'
import { randomReadPolicy } from './policy-cells/random-read-policy.ts'
import { drawRows, factsOf, PRINCIPALS } from './policy-cells/rows.ts'
import { SCHEMA, tables } from './policy-cells/schema.ts'

const NOW: Value = { extension: { type: 'datetime', text: '2026-01-01T06:00:00Z' } }
const ROWS = 40
const draw = random(20_261_130)
const stored = drawRows(ROWS, draw)

/** Records of one level are called by these names. */
interface Level {
  readonly memberOf: ReadonlyMap<string, string>
  readonly isChild: boolean
}

/** Everything that is in a record and may not leave by itself is this. */
const CANARY = 'CANARY'

const names = Object.keys(tables['public.docs'].columns)
const schemas = Array.from({ length: NIGHTLY ? 200 : 40 }, () => {
  const drawn = randomSchema(draw)
  return {
    ...drawn,
    plan: planOutput('read', { outputSchema: drawn.outputSchema }, { tables }),
    sent: sentBy(drawn.outputSchema),
  }
})
type Drawn = (typeof schemas)[number]

function policies(): PolicyBundle {
  const texts: string[] = []
  while (texts.length < 120) {
    const text = randomReadPolicy(`p${texts.length}`, draw)
    try {
      parsePolicies({ 'schema.cedarschema': SCHEMA, 'p.cedar': text })
      texts.push(text)
    } catch {
      // what strict validation refuses is drawn again
    }
  }
  return parsePolicies({ 'schema.cedarschema': SCHEMA, 'p.cedar': [...KEPT, ...texts].join('\n') })
}

/** What a handler made of a row: which fields it left out, which it spoiled, and what it added. */
interface Made {
  readonly row: number
  readonly without: readonly string[]
  readonly spoiled: readonly string[]
  readonly children: readonly number[]
  /** Whether it holds nothing but what the schema binds to a field, so that all of it may leave. */
  readonly bare: boolean
}
const made: fc.Arbitrary<Made> = fc.record({
  row: fc.nat(ROWS - 1),
  without: fc.subarray(names, { maxLength: 2 }),
  spoiled: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(names, { maxLength: 2 })),
  children: fc.array(fc.nat(ROWS - 1), { maxLength: 2 }),
  bare: fc.boolean(),
})

function recordOf({ row, without, spoiled, children, bare }: Made, { memberOf, childOf }: Drawn): JsonObject {
  const doc = stored.docs[row]!
  const named = (fields: JsonObject, by: ReadonlyMap<string, string>) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [by.get(name) ?? `un_${name}`, value]))
  const fields = Object.entries(doc)
    .filter(([name]) => !without.includes(name) && (!bare || memberOf.has(name)))
    .map(([name, value]): [string, JsonValue] => [name, spoiled.includes(name) ? { CANARY } : value])
  const bound = { ...named(Object.fromEntries(fields), memberOf), computed: `secret ${row}` }
  if (bare) return bound
  return {
    ...bound,
    deep: { computed: `secret ${row}`, list: [`secret ${row}`], unbound: CANARY },
    children: children.map((child) => ({ ...named(stored.docs[child]!, childOf), extra: CANARY })),
    extra: CANARY,
  }
}

/** What the same value leaves as, by what carries it. A carrier that holds nothing answers with `undefined`. */
type Carry = (given: JsonObject, by: Leaving) => JsonValue | undefined | Promise<JsonValue | undefined>

/** How a value leaves under one call. */
interface Leaving {
  readonly leave: (result: JsonObject, keep?: Carrier['keep']) => JsonObject
  /** The same of a result that comes in pieces. */
  readonly stream: (result: JsonObject) => Promise<JsonObject>
  /** With a message that the tool sends by itself. */
  readonly send: (name: string, given: JsonObject) => Promise<JsonValue | undefined>
}
const uri = 'docs://all'
const resource = resourceContents(uri)
const CARRIERS: Readonly<Record<string, Carry>> = {
  structured: (given, { leave }) =>
    leave({ structuredContent: given, content: [{ type: 'text', text: CANARY }] }).structuredContent,
  'the text beside it': (given, { leave }) => textOf(leave({ structuredContent: given }).content),
  text: (given, { leave }) => textOf(leave({ content: [{ type: 'text', text: JSON.stringify(given) }] }).content),
  'the contents of a resource': (given, { leave }) => {
    const left = leave(resource.open({ contents: [{ uri, text: JSON.stringify(given, null, 1) }] }), resource.keep)
    const { contents } = resource.close(left)
    return textOf(contents)
  },
  stream: async (given, { stream }) => {
    const left = await stream({ content: [{ type: 'text', text: CANARY }], structuredContent: given })
    expect(textOf(left.content), 'the text beside a stream').toEqual(left.structuredContent)
    return left.structuredContent
  },
  'a text in a stream': async (given, { stream }) =>
    textOf((await stream({ content: [{ type: 'text', text: JSON.stringify(given) }] })).content),
  ...Object.fromEntries(
    Object.keys(SENT).map((name): [string, Carry] => [`sent: ${name}`, (given, { send }) => send(name, given)]),
  ),
}
/** What never holds anything of the value. */
const CLOSED: Readonly<Record<string, (given: JsonObject) => JsonObject>> = {
  error: (given) => ({
    isError: true,
    structuredContent: given,
    content: [{ type: 'text', text: JSON.stringify(given) }],
  }),
  'an embedded resource': (given) => ({
    content: [{ type: 'resource', resource: { uri, mimeType: 'application/json', text: JSON.stringify(given) } }],
  }),
  'a link': (given) => ({ content: [{ type: 'resource_link', uri, name: JSON.stringify(given) }] }),
  'almost JSON': (given) => ({ content: [{ type: 'text', text: `${JSON.stringify(given)},` }] }),
  'a member twice': (given) => ({
    content: [{ type: 'text', text: `{"docs":[],${JSON.stringify(given).slice(1)}` }],
  }),
  'beside the content': (given) => ({ content: [], _meta: given, toolResult: given }),
}

function textOf(content: JsonValue | undefined): JsonValue | undefined {
  const [block] = Array.isArray(content) ? content : []
  return isJsonObject(block) && typeof block.text === 'string' ? (JSON.parse(block.text) as JsonValue) : undefined
}

/** Permits that look at little, so that much is released. */
const OPEN = parsePolicies({
  'schema.cedarschema': SCHEMA,
  'p.cedar': `
    @id("open-rows") permit (principal, action == Action::"read", resource is Doc)
      when { context.field == "row" && context.form == "plain" && (resource.open || resource.small < 2) };
    @id("open-bank") permit (principal, action == Action::"read", resource is Doc)
      when { context.field == "bank" && (context.form == "masked" || resource.owner == principal) };`,
})

const bundle = policies()
prepareSchema(bundle)

test(
  proves('egress:oracle'),
  async () => {
    let rows = 0
    let cells = 0
    const scenario = fc.record({
      seed: fc.nat(1_000_000),
      principal: fc.constantFrom(...PRINCIPALS),
      docs: fc.array(made, { maxLength: 4 }),
      one: fc.option(made),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, principal, docs, one }) => {
        const drawn = someOf(bundle, random(seed), 8)
        const some = seed % 3 === 0 ? drawn : { ...drawn, policies: new Map([...drawn.policies, ...OPEN.policies]) }
        preparePolicySet(some)
        const known = PRINCIPALS.filter(({ id }) => id === principal.id || id === 'u3')
        const loadedFrom = { text: '', settled: true }
        const point = createPolicyPoint(
          { folder: '', actors: 'any' },
          { loadedFrom, bundle: some, reload: () => false },
        )
        const decision = residualForBoth(
          point,
          { subject: { id: principal.id }, actor: { id: 'any' } },
          {
            action: 'read',
            resource: { type: 'Doc' },
            context: { now: NOW, limit: 3 },
            unknownContext: ['field', 'form'],
            facts: { entities: known, revision: '1' },
          },
        )
        const allowed = (row: number, field: string, form: string): boolean => {
          const [resource, ...behind] = factsOf(stored.docs[row]!, stored)
          const question: Question = {
            principal,
            action: 'read',
            resource: resource!,
            context: { now: NOW, limit: 3, field, form },
            facts: { entities: [...known, ...behind], revision: '1' },
          }
          const cedar = cedarAnswer(encoded(question, some))
          if (cedar === 'misfit') throw new Error('a drawn question does not fit')
          return cedar.allowed && !cedar.errors.some((id) => some.policies.get(id)?.effect === 'forbid')
        }
        const call = authorizedCall(principal.id, { facts: { entities: known, revision: '1' } })
        const options = { askRead: () => decision, isFinalRow: () => false }
        const schema = schemas[seed % schemas.length]!
        const listed = docs.map((one) => recordOf(one, schema))
        const { docs: bound } = isJsonObject(schema.outputSchema.properties) ? schema.outputSchema.properties : {}
        const given: JsonObject = {
          docs: isJsonObject(bound) && bound.type === 'object' ? { items: listed } : listed,
          one: { doc: one && recordOf(one, schema) },
          total: 7,
          extra: CANARY,
        }
        const leave = (result: JsonObject, keep?: Carrier['keep']) =>
          release(call, result, schema.plan, { ...options, keep }).result
        const stream = (result: JsonObject) => leaveStreamed(call, result, schema.plan, options, 33 + (seed % 1_500))
        const send = (name: string, value: JsonObject) => leaveSent(call, name, value, schema.sent, options)
        const by: Leaving = { leave, stream, send }
        const left = await CARRIERS.structured?.(given, by)
        // Every carrier says the same.
        for (const [name, carry] of Object.entries(CARRIERS)) expect(await carry(given, by), name).toEqual(left)
        expect(JSON.stringify(left)).not.toContain(CANARY)
        for (const [name, carry] of Object.entries(CLOSED)) {
          expect(JSON.stringify(leave(carry(given))), name).not.toMatch(/secret|CANARY|"d\d/)
        }

        const [closed, hide] = Object.entries(CLOSED)[seed % Object.keys(CLOSED).length]!
        expect(JSON.stringify(await stream(hide(given))), `${closed} in a stream`).not.toMatch(/secret|CANARY|"d\d/)

        const check = (record: JsonValue | undefined, { memberOf, isChild }: Level): void => {
          if (!isJsonObject(record)) return
          const columnOf = new Map([...memberOf].map(([column, member]) => [member, column]))
          const id = record[memberOf.get('id') ?? '']
          const row = stored.docs.findIndex((doc) => doc.id === id)
          // A record without its key is nobody's: it is not there at all.
          expect(row, JSON.stringify(record)).toBeGreaterThanOrEqual(0)
          expect(allowed(row, 'row', 'plain'), `row ${row}`).toBe(true)
          rows += 1
          const plain = allowed(row, 'bank', 'plain')
          const masked = allowed(row, 'bank', 'masked')
          const secret = `secret ${row}`
          // A record that does not tell what the plain form asks for may be shown masked, where that is permitted too.
          const may = [...(plain ? [secret] : []), ...(masked ? [`****${secret.slice(-2)}`] : [])]
          for (const [name, value] of Object.entries(record)) {
            if (name === 'deep' || name === 'children') continue
            cells += 1
            const column = name === 'computed' ? 'secret' : columnOf.get(name)
            expect(column, name).toBeDefined()
            // Null stands for what stays where it must be there.
            if (column === 'secret') expect([...may, null]).toContain(value)
            else if (value !== null) expect(value).toEqual(stored.docs[row]![column ?? ''])
          }
          const deep = isJsonObject(record.deep) ? record.deep : {}
          expect(Object.keys(deep).filter((name) => name !== 'computed' && name !== 'list')).toEqual([])
          if (deep.computed !== undefined) expect(may).toContain(deep.computed)
          for (const item of Array.isArray(deep.list) ? deep.list : []) {
            expect([...(plain ? [secret] : []), ...(masked ? [null] : [])]).toContain(item)
          }
          expect(isChild && record.children).toBeFalsy()
          for (const child of Array.isArray(record.children) ? record.children : []) {
            check(child, { memberOf: schema.childOf, isChild: true })
          }
        }
        if (!isJsonObject(left)) throw new Error('no structure left')
        expect(Object.keys(left).filter((name) => !['docs', 'one', 'total'].includes(name))).toEqual([])
        const level = { memberOf: schema.memberOf, isChild: false }
        const items = isJsonObject(left.docs) ? left.docs.items : left.docs
        for (const record of Array.isArray(items) ? items : []) check(record, level)
        if (isJsonObject(left.one) && left.one.doc !== undefined) check(left.one.doc, level)
      }),
      { numRuns: NIGHTLY ? 5_000 : 400 },
    )
    process.stdout.write(`${rows} records released, ${cells} fields, each asked of cedar-wasm\n`)
    // "Withhold everything" must not pass.
    expect(rows).toBeGreaterThan(100)
  },
  within(120_000),
)
