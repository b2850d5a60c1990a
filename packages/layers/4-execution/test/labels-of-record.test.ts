import type { EntityTable } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { labelsOfRecord } from '../src/egress/labels-of-record.ts'

const table: EntityTable = {
  entity: 'Note',
  key: 'id',
  columns: { id: { type: 'text' }, secret: { type: 'boolean' } },
  labels: { confidential: { column: 'secret' } },
}

test(proves('execution:labels:record', 'only what is certainly not labeled is not'), () => {
  for (const secret of [true, 't', 'false', '', 0, 1, {}, []]) {
    expect(labelsOfRecord({ id: '1', secret }, table), JSON.stringify(secret)).toEqual(['confidential'])
  }
  for (const record of [{ id: '1', secret: false }, { id: '1', secret: null }, { id: '1' }]) {
    expect(labelsOfRecord(record, table), JSON.stringify(record)).toEqual([])
  }
})
