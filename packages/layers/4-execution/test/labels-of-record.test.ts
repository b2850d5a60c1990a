import type { EntityTable, JsonObject } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { labelsOfRecord } from '../src/egress/labels-of-record.ts'

const table: EntityTable = {
  entity: 'Note',
  key: 'id',
  columns: { id: { type: 'text' }, secret: { type: 'boolean' } },
  labels: { confidential: { column: 'secret' } },
}

const labelsOf = (record: JsonObject) => labelsOfRecord(Object.keys(record), table)(Object.values(record))

test(proves('execution:labels:record', 'only what is certainly not labeled is not'), () => {
  for (const secret of [true, 't', 'false', '', 0, 1, {}, []]) {
    expect(labelsOf({ id: '1', secret }), JSON.stringify(secret)).toEqual(['confidential'])
  }
  for (const record of [{ id: '1', secret: false }, { id: '1', secret: null }, { id: '1' }]) {
    expect(labelsOf(record), JSON.stringify(record)).toEqual([])
  }
})
