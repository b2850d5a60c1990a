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
import { KEPT } from './policy-cells/kept.ts'
import { randomReadPolicy } from './policy-cells/random-read-policy.ts'
import { drawRows, factsOf, PRINCIPALS } from './policy-cells/rows.ts'
import { SCHEMA, tables } from './policy-cells/schema.ts'

const NOW: Value = { extension: { type: 'datetime', text: '2026-01-01T06:00:00Z' } }
const ROWS = 40
const draw = random(20_261_130)
const stored = drawRows(ROWS, draw)

/** Everything that is in a record and may not leave by itself is this. */
const CANARY = 'CANARY'

const columns = tables['public.docs'].columns
/** Every column under a name of its own, and two fields of the class `bank` that no column holds. */
const RECORD: JsonObject = {
  type: 'object',
  'x-lockstep': { entity: 'Doc' },
  properties: {
    ...Object.fromEntries(Object.keys(columns).map((name) => [`its_${name}`, { 'x-lockstep': { column: name } }])),
    deep: {
      type: 'object',
      properties: {
        computed: { type: 'string', 'x-lockstep': { class: 'bank', mask: { kind: 'last', keep: 2 } } },
        list: { type: 'array', items: { type: 'string', 'x-lockstep': { class: 'bank' } } },
        unbound: { type: 'string' },
      },
    },
    children: { type: 'array', items: { $ref: '#/$defs/child' } },
  },
}
const CHILD: JsonObject = {
  type: 'object',
  'x-lockstep': { entity: 'Doc' },
  properties: Object.fromEntries(Object.keys(columns).map((name) => [name, {}])),
}
const plan = planOutput(
  'read',
  {
    outputSchema: {
      type: 'object',
      'x-lockstep': { text: 'json' },
      $defs: { record: RECORD, child: CHILD },
      properties: {
        docs: { type: 'array', items: { $ref: '#/$defs/record' } },
        one: { type: 'object', properties: { doc: { anyOf: [{ $ref: '#/$defs/record' }, { type: 'null' }] } } },
      },
    },
  },
  { tables },
)

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
}
const names = Object.keys(columns)
const made: fc.Arbitrary<Made> = fc.record({
  row: fc.nat(ROWS - 1),
  without: fc.subarray(names, { maxLength: 2 }),
  spoiled: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(names, { maxLength: 2 })),
  children: fc.array(fc.nat(ROWS - 1), { maxLength: 2 }),
})

function recordOf({ row, without, spoiled, children }: Made): JsonObject {
  const doc = stored.docs[row]!
  const fields = Object.entries(doc)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]): [string, JsonValue] => [`its_${name}`, spoiled.includes(name) ? { CANARY } : value])
  return {
    ...Object.fromEntries(fields),
    deep: { computed: `secret ${row}`, list: [`secret ${row}`], unbound: CANARY },
    children: children.map((child) => ({ ...stored.docs[child]!, extra: CANARY })),
    extra: CANARY,
  }
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
  () => {
    let rows = 0
    let cells = 0
    const scenario = fc.record({
      seed: fc.nat(1_000_000),
      principal: fc.constantFrom(...PRINCIPALS),
      docs: fc.array(made, { maxLength: 4 }),
      one: fc.option(made),
    })
    fc.assert(
      fc.property(scenario, ({ seed, principal, docs, one }) => {
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
        const result = { docs: docs.map(recordOf), one: { doc: one && recordOf(one) }, extra: CANARY }
        const structured = release(call, { structuredContent: result }, plan, options).result
        const text = release(call, { content: [{ type: 'text', text: JSON.stringify(result) }] }, plan, options).result
        // Every carrier says the same.
        const [block] = Array.isArray(structured.content) ? structured.content : []
        expect(isJsonObject(block) && typeof block.text === 'string' && JSON.parse(block.text)).toEqual(
          structured.structuredContent,
        )
        expect(text.content).toEqual([block])
        expect(JSON.stringify(structured)).not.toContain(CANARY)

        const check = (left: JsonValue | undefined, prefix: string): void => {
          if (!isJsonObject(left)) return
          const id = left[`${prefix}id`]
          const row = stored.docs.findIndex((doc) => doc.id === id)
          // A record without its key is nobody's: it is not there at all.
          expect(row, JSON.stringify(left)).toBeGreaterThanOrEqual(0)
          expect(allowed(row, 'row', 'plain'), `row ${row}`).toBe(true)
          rows += 1
          const plain = allowed(row, 'bank', 'plain')
          const masked = allowed(row, 'bank', 'masked')
          const secret = `secret ${row}`
          // A record that does not tell what the plain form asks for may be shown masked, where that is permitted too.
          const may = [...(plain ? [secret] : []), ...(masked ? [`****${secret.slice(-2)}`] : [])]
          for (const [name, value] of Object.entries(left)) {
            if (name === 'deep' || name === 'children') continue
            cells += 1
            if (name === `${prefix}secret`) expect(may).toContain(value)
            else expect(value).toEqual(stored.docs[row]![name.slice(prefix.length)])
          }
          const deep = isJsonObject(left.deep) ? left.deep : {}
          if (deep.computed !== undefined) expect(may).toContain(deep.computed)
          for (const item of Array.isArray(deep.list) ? deep.list : []) {
            expect([...(plain ? [secret] : []), ...(masked ? [null] : [])]).toContain(item)
          }
          for (const child of Array.isArray(left.children) ? left.children : []) check(child, '')
        }
        const left = isJsonObject(structured.structuredContent) ? structured.structuredContent : {}
        for (const record of Array.isArray(left.docs) ? left.docs : []) check(record, 'its_')
        if (isJsonObject(left.one) && left.one.doc !== undefined) check(left.one.doc, 'its_')
      }),
      { numRuns: NIGHTLY ? 5_000 : 400 },
    )
    process.stdout.write(`${rows} records released, ${cells} fields, each asked of cedar-wasm\n`)
    // "Withhold everything" must not pass.
    expect(rows).toBeGreaterThan(100)
  },
  within(120_000),
)
