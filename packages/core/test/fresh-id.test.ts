import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { freshId } from '../src/fresh-id.ts'

test(proves('core:fresh-id', 'none is given out twice, beyond what is drawn ahead'), () => {
  const ids = Array.from({ length: 2_000 }, () => Buffer.from(freshId('hex'), 'hex'))
  for (const id of ids) expect(id).toHaveLength(16)
  expect(new Set(ids.map((id) => id.toString('hex'))).size).toBe(ids.length)
  // Neither do two share their beginning or their end, as they would if they overlapped.
  for (const half of [0, 8]) expect(new Set(ids.map((id) => id.toString('hex', half, half + 8))).size).toBe(ids.length)
})

test(proves('core:fresh-id', 'in both spellings'), () => {
  expect(freshId('hex')).toMatch(/^[0-9a-f]{32}$/)
  expect(freshId('base64url')).toMatch(/^[\w-]{22}$/)
})
