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
