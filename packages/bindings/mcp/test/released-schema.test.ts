import { expect, test } from 'vitest'
import { z } from 'zod'
import { proves } from '../../../../test/requirements/index.ts'
import { releasedSchema } from '../src/released-schema.ts'

const SCHEMA = {
  type: 'object',
  required: ['items', 'total'],
  additionalProperties: false,
  'x-lockstep': { text: 'json' },
  $defs: {
    row: {
      type: 'object',
      'x-lockstep': { entity: 'Expense' },
      required: ['id', 'amount'],
      properties: {
        id: { type: 'string', pattern: '^INV', 'x-lockstep': { column: 'id' } },
        amount: { type: 'integer', minimum: 1, description: 'in cents' },
      },
    },
  },
  properties: {
    items: { type: 'array', minItems: 2, uniqueItems: true, items: { $ref: '#/$defs/row' } },
    total: { type: 'integer', 'x-lockstep': 'public' },
  },
}

test(proves('egress:schema:listed'), () => {
  const schema = releasedSchema(SCHEMA)
  expect(JSON.stringify(schema)).not.toContain('x-lockstep')
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
  expect(JSON.stringify(schema)).toContain('in cents')
  const reader = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  const whole = { items: [{ id: 'INV-1', amount: 3 }], total: 1 }
  for (const left of [whole, {}, { items: [] }, { items: [{}] }, { items: [{ amount: '[0,10)', id: null }] }]) {
    expect(reader.safeParse(left).success, JSON.stringify(left)).toBe(true)
  }
  expect(reader.safeParse({ items: [{ amount: true }] }).success, 'it still says what a field is').toBe(false)
  expect(reader.safeParse({ CANARY: 1 }).success).toBe(false)
})

test(proves('egress:schema:listed', 'with every reference where it pointed'), () => {
  const schema = releasedSchema({
    type: 'object',
    $defs: { pair: { type: 'object', properties: { left: { type: 'integer' } } } },
    properties: {
      page: { type: 'object', properties: { items: { type: 'array', items: { anyOf: [{ type: 'integer' }] } } } },
      again: { $ref: '#/properties/page/properties/items' },
      left: { $ref: '#/$defs/pair/properties/left' },
    },
  })
  const at = (pointer: string) =>
    pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], schema)
  expect(at('#/properties/page/properties/items')).toMatchObject({ type: ['array', 'string', 'null'] })
  expect(at('#/$defs/pair/properties/left')).toEqual({ type: ['integer', 'string', 'null'] })
})
