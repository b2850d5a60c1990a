import type { EntityFact } from '@lockstep/core'
import { storedRecord } from '@lockstep/execution/egress'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createLoadSuggested } from '../src/reached/load-suggested.ts'

const tables = {
  'public.notes': {
    entity: 'Note',
    key: 'id',
    columns: {
      id: { type: 'text' },
      owner_id: { type: 'text', attribute: 'owner', entity: 'User' },
      level: { type: 'integer', attribute: 'level' },
      cost: { type: 'numeric(10,2)', attribute: 'cost' },
      tags: { type: 'text[]', attribute: 'tags' },
      is_secret: { type: 'boolean' },
      is_draft: { type: 'boolean', attribute: 'draft' },
      body: { type: 'text' },
    },
    parents: { Folder: { column: 'folder_id' }, Shelf: { column: 'shelf_id' } },
    labels: { secret: { column: 'is_secret' }, draft: { column: 'is_draft' } },
  },
} as const
const note: EntityFact = {
  ...{ type: 'Note', id: '7' },
  attributes: {
    owner: { entity: { type: 'User', id: 'alice' } },
    cost: { extension: { type: 'decimal', text: '1.50' } },
    tags: { set: ['a', 'b'] },
    draft: false,
  },
  parents: [{ type: 'Folder', id: '3' }],
}
const suggested = (column = 'id', entity = 'Note') => ({ suggested: new Map([['brief.note', { entity, column }]]) })

test(proves('reach:suggested', 'by the record as it is stored'), async () => {
  expect(storedRecord(tables['public.notes'], 'id', note)).toEqual({
    ...{ id: '7', owner_id: 'alice', level: null, cost: '1.50', tags: ['a', 'b'], folder_id: '3', shelf_id: null },
    // Nothing that was loaded says so: the label is carried.
    is_secret: true,
    is_draft: false,
  })
  const asked: string[] = []
  const source = {
    load: async (type: string, id: string) => {
      asked.push(`${type} ${id}`)
      return id === '7' ? note : undefined
    },
  }
  const load = createLoadSuggested(suggested(), tables, source)
  const given = { structuredContent: { values: ['6', '7'] } }
  expect(await load(given, { entity: 'Note', column: 'id' })).toMatchObject({
    structuredContent: { values: [{ id: '7', owner_id: 'alice' }] },
  })
  expect(asked).toEqual(['Note 6', 'Note 7'])
  const down = createLoadSuggested(suggested(), tables, { load: () => Promise.reject(new Error('down')) })
  await expect(down(given, { entity: 'Note', column: 'id' })).rejects.toThrow('down')
})

test.each([
  ['level', 'Note'],
  ['body', 'Note'],
  ['id', 'Book'],
])(proves('reach:suggested', 'no key: %s of %s'), (column, entity) => {
  expect(() => createLoadSuggested(suggested(column, entity), tables, undefined)).toThrow(
    expect.objectContaining({ code: 'configuration.invalid' }),
  )
})
