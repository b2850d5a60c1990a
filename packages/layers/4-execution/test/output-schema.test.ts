import type { JsonObject, JsonValue, MaskOptions } from '@lockstep/core'
import { obligeRead, planOutput, release } from '@lockstep/execution/egress'
import { describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const text = { type: 'string' }
const EXPENSE: JsonObject = {
  type: 'object',
  'x-lockstep': { entity: 'Expense' },
  required: ['number', 'account', 'note'],
  properties: {
    number: { ...text, 'x-lockstep': { column: 'id' } },
    department: { type: 'integer', 'x-lockstep': { column: 'dept_id' } },
    person: { ...text, 'x-lockstep': { column: 'employee_id' } },
    account: { ...text, 'x-lockstep': { column: 'iban' } },
    confidential: { type: 'boolean' },
    vendor: text,
    unbound: text,
    note: { anyOf: [{ ...text, 'x-lockstep': { class: 'investigation' } }, { type: 'null' }] },
    payment: {
      type: 'object',
      properties: {
        swift: { ...text, 'x-lockstep': { class: 'bank', mask: { kind: 'last', keep: 2 }, labels: ['bank-data'] } },
        currency: { ...text, 'x-lockstep': 'public' },
        secret: text,
      },
    },
  },
}
const SCHEMA: JsonObject = {
  type: 'object',
  'x-lockstep': { text: 'json' },
  $defs: { expense: EXPENSE },
  properties: {
    page: {
      type: 'object',
      properties: { items: { type: 'array', items: { $ref: '#/$defs/expense' } }, cursor: text },
    },
    total: { type: 'integer', 'x-lockstep': 'public' },
  },
}
const MINE: JsonObject = {
  number: 'INV-2',
  department: 42,
  person: 'user:alice',
  account: 'DE02500105170137075030',
  confidential: false,
  vendor: 'Acme',
  note: 'CANARY',
  unbound: 'CANARY',
  extra: 'CANARY',
  payment: { swift: 'BELADEBE', currency: 'EUR', secret: 'CANARY' },
}
const MANAGED: JsonObject = { ...MINE, number: 'INV-1', person: 'user:erin' }
const FOREIGN: JsonObject = { ...MINE, number: 'INV-4', department: 7, person: 'user:carol', vendor: 'CANARY' }

/** Alice's call, with obligations by name and value. */
function obliged(...obligations: readonly (readonly [string, string])[]) {
  return { ...alice, obligations: obligations.map(([name, value]) => ({ name, value, policyId: 'p' })) }
}

function released(value: JsonObject, schema: JsonObject = SCHEMA, masks?: MaskOptions, rows?: number) {
  const plan = planOutput('tool', { outputSchema: schema }, { tables: expenseTables, masks })
  const options = { askRead: obligeRead(askReadExpenses), isFinalRow: () => false }
  return release(obliged(...(rows === undefined ? [] : [['limit', `${rows}`] as const])), value, plan, options)
}
const structured = (structuredContent: JsonObject, schema?: JsonObject) => released({ structuredContent }, schema)
const bound = (property: JsonValue): JsonObject => ({ type: 'object', properties: { a: property } })

const SHOWN = {
  number: 'INV-2',
  department: 42,
  person: 'user:alice',
  account: 'DE02500105170137075030',
  confidential: false,
  vendor: 'Acme',
  note: null,
  payment: { swift: 'BELADEBE', currency: 'EUR' },
}
const SHOWN_MANAGED = {
  ...SHOWN,
  number: 'INV-1',
  person: 'user:erin',
  account: '****5030',
  payment: { swift: '****BE', currency: 'EUR' },
}

describe('bindings of a schema', () => {
  test(proves('egress:schema:bound'), () => {
    const { result, withheld, labels } = structured({
      page: { items: [MINE, MANAGED, FOREIGN], cursor: 'CANARY' },
      total: 3,
      more: 'CANARY',
    })
    const left = { page: { items: [SHOWN, SHOWN_MANAGED] }, total: 3 }
    expect(result).toEqual({ structuredContent: left, content: [{ type: 'text', text: JSON.stringify(left) }] })
    expect(withheld).toEqual({
      rows: 1,
      fields: ['Expense.note', 'Expense.*', '*'],
      masked: ['Expense.iban', 'Expense.swift'],
    })
    expect(labels).toEqual(['bank-data'])
  })

  test(proves('egress:text:json'), () => {
    const page = { items: [MINE, MANAGED, FOREIGN] }
    const block = (value: string) => ({ type: 'text', text: value })
    const { result } = released({ content: [block(JSON.stringify({ page, secret: 'CANARY' }))] })
    const { structuredContent } = structured({ page }).result
    expect(result).toEqual({ content: [block(JSON.stringify(structuredContent))] })
    for (const almost of [
      ...[`${JSON.stringify({ page })} CANARY`, `{"total":1,}`, `{"total":1,"total":2}`, `'{"total":1}'`, '', 'CANARY'],
      ...[
        '\ufeff{"total":1}',
        '{"total":NaN}',
        '{"total":1}{"total":2}',
        '"CANARY"',
        '[{"total":1}]',
        '// x\n{"total":1}',
      ],
    ]) {
      const { result: left, withheld } = released({ content: [block(almost)] })
      expect(left, almost).toEqual({ content: [] })
      expect(withheld.fields).toContain('content')
    }
    expect(released({ content: [block('{"total":1}')] }, { ...SCHEMA, 'x-lockstep': {} }).result).toEqual({
      content: [],
    })
  })

  test(proves('egress:schema:bound', 'attachments only where they are bound'), () => {
    const content = [
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'made-up', data: 'CANARY' },
    ]
    expect(released({ content }).result).toEqual({ content: [] })
    const schema = { ...SCHEMA, 'x-lockstep': { attachments: 'public' } }
    expect(released({ content }, schema).result).toEqual({ content: content.slice(0, 1) })
  })

  test(proves('egress:labels'), () => {
    const schema = bound({ ...text, 'x-lockstep': { public: true, labels: ['seen'] } })
    expect(structured({ a: 'x' }, schema).labels).toEqual(['seen'])
    expect(structured({ a: 1 }, schema).labels).toEqual([])
    const page = (record: JsonObject) => structured({ page: { items: [record] } }).labels
    expect(page({ ...MINE, confidential: true })).toEqual(['confidential', 'bank-data'])
    expect(page({ ...FOREIGN, confidential: true })).toEqual([])
  })

  test(proves('egress:rows'), () => {
    const items = [FOREIGN, MINE, FOREIGN, MANAGED, FOREIGN]
    const limited = (rows: number) => released({ structuredContent: { page: { items } } }, SCHEMA, undefined, rows)
    const more = { 'lockstep/more-withheld': true }
    expect(limited(1).result).toMatchObject({ structuredContent: { page: { items: [SHOWN] } }, _meta: more })
    expect(limited(0).result).toMatchObject({ structuredContent: { page: { items: [] } }, _meta: more })
    const all = limited(2)
    expect(all.result).toMatchObject({ structuredContent: { page: { items: [SHOWN, SHOWN_MANAGED] } } })
    expect(all.result, 'hidden rows are not told of').not.toHaveProperty('_meta')
  })
})

describe('schemas that are refused', () => {
  const id = { ...text, 'x-lockstep': { column: 'id' } }
  const record = (properties: JsonObject, more: JsonObject = {}): JsonObject =>
    bound({ type: 'object', 'x-lockstep': { entity: 'Expense' }, properties, ...more })
  const deep = Array.from({ length: 40 }).reduce<JsonObject>((inner) => bound(inner), bound({ 'x-lockstep': 'public' }))
  const refused: Record<string, readonly [JsonObject, string]> = {
    'a column in two fields': [record({ a: id, b: id }), 'a second time'],
    'a column by its name and by its binding': [record({ id: text, b: id }), 'a second time'],
    'two bindings in one place': [bound({ 'x-lockstep': { public: true, class: 'bank' } }), 'bound twice'],
    'a binding on both sides of a reference': [
      { ...bound({ 'x-lockstep': 'public', $ref: '#/$defs/a' }), $defs: { a: { 'x-lockstep': 'public' } } },
      'a second time',
    ],
    'a binding within something public': [
      bound({ type: 'object', 'x-lockstep': 'public', properties: { b: { 'x-lockstep': 'public' } } }),
      'a second time',
    ],
    'a record within something public': [
      bound({ type: 'array', 'x-lockstep': 'public', items: EXPENSE }),
      'a second time',
    ],
    'a binding beside a reference': [
      { ...bound({ $ref: '#/$defs/a', properties: { b: { 'x-lockstep': 'public' } } }), $defs: { a: text } },
      'beside a reference',
    ],
    'a reference in a circle': [
      { ...bound({ $ref: '#/$defs/a' }), $defs: { a: { type: 'object', properties: { b: { $ref: '#/$defs/a' } } } } },
      'refers to itself',
    ],
    'a reference elsewhere': [bound({ $ref: 'https://example.com/a.json' }), 'not in the schema'],
    'a reference to nothing': [bound({ $ref: '#/$defs/toString' }), 'not in the schema'],
    'a schema that is too deep': [deep, 'deep'],
    'a binding in `allOf`': [bound({ allOf: [{ 'x-lockstep': 'public' }] }), 'no binding is read'],
    'a binding in one of several alternatives': [
      bound({ anyOf: [{ 'x-lockstep': 'public' }, text] }),
      'no binding is read',
    ],
    'a binding of names that are data': [bound({ additionalProperties: { 'x-lockstep': 'public' } }), 'no binding'],
    'an entity that no table is': [bound({ 'x-lockstep': { entity: 'Nobody' }, properties: {} }), 'no table'],
    'a column that is not there': [record({ a: { 'x-lockstep': { column: 'toString' } } }), 'does not have'],
    'a class outside of a record': [bound({ 'x-lockstep': { class: 'bank' } }), 'no record'],
    'a column further in': [record({ a: bound(id) }), 'no member of the record'],
    'an unknown word': [bound({ 'x-lockstep': { entiti: 'Expense' } }), 'unknown word'],
    'a binding that is nothing': [bound({ 'x-lockstep': true }), 'neither'],
    'an unknown mask': [record({ a: { 'x-lockstep': { class: 'bank', mask: { kind: 'none' } } } }), 'mask'],
    'a name that is no field': [
      JSON.parse('{"type":"object","properties":{"__proto__":{"x-lockstep":"public"}}}'),
      'no name',
    ],
  }
  test.each(Object.entries(refused))(proves('egress:schema:twice', '%s'), (_name, [schema, says]) => {
    const load = () => planOutput('tool', { outputSchema: schema }, { tables: expenseTables })
    expect(load).toThrow(expect.objectContaining({ code: 'configuration.invalid' }))
    expect(load).toThrow(says)
    expect(load).toThrow('`tools.tool.outputSchema`')
  })

  test(proves('egress:schema:twice', 'a mask that does not fit'), () => {
    const masked = { type: 'boolean', 'x-lockstep': { class: 'bank', mask: { kind: 'last', keep: 2 } } }
    expect(() => planOutput('tool', { outputSchema: record({ a: masked }) }, { tables: expenseTables })).toThrow(
      expect.objectContaining({ code: 'execution.mapping-invalid' }),
    )
  })
})

describe('results that do not fit', () => {
  test(proves('egress:schema:fits'), () => {
    const kinds: Record<string, readonly [JsonValue, JsonValue]> = {
      integer: [1, 1.5],
      string: ['a', 1],
      boolean: [true, 'true'],
      array: [[1], { 0: 1 }],
      object: [{ b: 1 }, [1]],
      number: [1.5, '1.5'],
    }
    for (const [type, [fits, other]] of Object.entries(kinds)) {
      const schema = bound({ type, 'x-lockstep': 'public' })
      expect(structured({ a: fits }, schema).result.structuredContent, type).toEqual({ a: fits })
      expect(structured({ a: other }, schema).result.structuredContent, type).toEqual({})
      expect(structured({ a: other }, schema).withheld.fields).toEqual(['a'])
    }
    expect(structured({ page: [MINE], total: '3' }).result.structuredContent).toEqual({})
    expect(structured({ page: { items: { 0: MINE } } }).result.structuredContent).toEqual({ page: {} })
    const { result } = structured({ page: { items: [{ ...MINE, vendor: { CANARY: 1 }, account: ['CANARY'] }] } })
    const { account: _account, vendor: _vendor, ...rest } = SHOWN
    expect(result.structuredContent).toEqual({ page: { items: [rest] } })
    // A scalar of another kind, in a record of scalars alone.
    const number = structured({ page: { items: [{ ...MINE, vendor: 7 }] } })
    const { vendor: _text, ...others } = SHOWN
    expect(number.result.structuredContent).toEqual({ page: { items: [others] } })
    expect(number.withheld.fields).toContain('Expense.vendor')
  })

  test(proves('egress:schema:fits', 'circles, depth, numbers that are none'), () => {
    const circle: Record<string, JsonValue> = { a: 1 }
    circle.self = [circle, circle]
    let deep: JsonValue = 'CANARY'
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep]
    for (const value of [circle, deep, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { result, withheld } = structured({ a: value }, bound({ 'x-lockstep': 'public' }))
      expect(JSON.stringify(result.structuredContent)).toBe(Array.isArray(value) ? '{"a":[]}' : '{}')
      expect(withheld.rows + withheld.fields.length).toBeGreaterThan(0)
    }
  })

  test(proves('egress:schema:fits', 'a mask that throws'), () => {
    const broken = {
      custom: {
        broken: {
          sql: 'cell',
          apply: () => {
            throw new Error('CANARY')
          },
        },
      },
    }
    const mask = { kind: 'custom', name: 'broken' }
    const payment = { type: 'object', properties: { swift: { ...text, 'x-lockstep': { class: 'bank', mask } } } }
    const schema = {
      ...SCHEMA,
      $defs: { expense: { ...EXPENSE, properties: { ...(EXPENSE.properties as JsonObject), payment } } },
    }
    const { result, withheld } = released({ structuredContent: { page: { items: [MANAGED] } } }, schema, broken)
    expect(result.structuredContent).toEqual({ page: { items: [{ ...SHOWN_MANAGED, payment: {} }] } })
    expect(withheld.fields).toContain('Expense.swift')
  })

  test(proves('egress:text:plain'), () => {
    const tag = '\u{e0041}'
    const hidden = `a${tag[0]}\u200b${tag[1]}b\ud800c`
    const { result } = structured({ a: hidden }, bound({ ...text, 'x-lockstep': 'public' }))
    expect(result.structuredContent).toEqual({ a: 'a\ufffd\ufffdb\ufffdc' })
    expect(structured({ a: 'é 😀 ok' }, bound({ 'x-lockstep': 'public' })).result.structuredContent).toEqual({
      a: 'é 😀 ok',
    })
  })
})
