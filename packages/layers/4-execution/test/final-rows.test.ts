import { createFinalRows } from '@lockstep/execution'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')

test(proves('execution:egress:sql', 'a row that was changed after it was returned'), () => {
  const rows = createFinalRows()
  const row: { id: string; on: Date; iban?: string } = { id: 'INV-1', on: new Date(0) }
  rows.remember(alice, [row])
  row.iban = 'DE02120300000000202051'
  const on = '1970-01-01T00:00:00.000Z'
  expect(rows.has(alice, { id: 'INV-1', on, iban: row.iban })).toBe(false)
  expect(rows.has(alice, { on, id: 'INV-1' })).toBe(true)
})

test(proves('execution:egress:sql', 'many rows, and among them one that is none in JSON'), () => {
  const rows = createFinalRows()
  const note = 'n'.repeat(1_000)
  const all = Array.from({ length: 3_000 }, (_, id) => ({ id, note }))
  rows.remember(alice, [{ id: 1n }, undefined, ...all])
  rows.remember(alice, [{ id: 'last', note }])
  expect(all.every((row) => rows.has(alice, row))).toBe(true)
  expect(rows.has(alice, { id: 'last', note })).toBe(true)
  expect(rows.has(alice, { id: 3_000, note })).toBe(false)
  expect(rows.has(authorizedCall('user:alice'), { id: 1, note })).toBe(false)
})

test(proves('execution:egress:sql', 'more rows than are remembered'), () => {
  const rows = createFinalRows()
  rows.remember(
    alice,
    Array.from({ length: 50_001 }, (_, id) => ({ id })),
  )
  expect(rows.has(alice, { id: 49_999 })).toBe(true)
  expect(rows.has(alice, { id: 50_000 })).toBe(false)
})
