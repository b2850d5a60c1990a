import type { AuthorizedCall, JsonObject, JsonValue, OutputBinding } from '@lockstep/core'
import { createFinalRows, planOutput, release as releaseByPlan } from '@lockstep/execution/egress'
import { describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const finalRows = createFinalRows()
const options = { tables: expenseTables, askRead: askReadExpenses, isFinalRow: finalRows.has }

const release = (
  call: AuthorizedCall,
  result: JsonObject,
  output: OutputBinding | undefined,
  given: Parameters<typeof releaseByPlan>[3],
) => {
  return releaseByPlan(call, result, planOutput('tool', { output }, options), given)
}

const MINE = {
  id: 'INV-2',
  dept_id: 42,
  employee_id: 'user:alice',
  amount: 1250,
  status: 'approved',
  confidential: false,
  iban: 'DE02500105170137075030',
}
const MANAGED = { ...MINE, id: 'INV-1', employee_id: 'user:erin', iban: 'DE02120300000000202051' }
const FOREIGN = { ...MINE, id: 'INV-4', dept_id: 7, employee_id: 'user:carol', vendor: 'CANARY' }

const released = (structuredContent: JsonObject, binding: Parameters<typeof release>[2], content: JsonValue = []) =>
  release(alice, { structuredContent, content }, binding, options)

describe('records of an entity', () => {
  test(proves('execution:egress:entity'), () => {
    const { result, withheld } = released(
      { expenses: [MINE, MANAGED, FOREIGN, { ...MANAGED, investigation_note: 'CANARY', made_up: 'CANARY' }] },
      { expenses: { entity: 'Expense' } },
    )
    const masked = { ...MANAGED, iban: '****2051' }
    expect(result.structuredContent).toEqual({ expenses: [MINE, masked, masked] })
    expect(withheld).toEqual({ rows: 1, fields: ['Expense.investigation_note', 'Expense.*'], masked: ['Expense.iban'] })
  })

  const invisible: Record<string, JsonValue> = {
    'without its key': { dept_id: 42, employee_id: 'user:erin' },
    'without what the policy decides on': { id: 'INV-1', vendor: 'CANARY' },
    'with an attribute of another kind': { ...MANAGED, dept_id: { toString: 42 } },
    'with a float for an integer': { ...MANAGED, amount: 1.5, dept_id: 42.5 },
    'that is no record': 'CANARY',
    'that is a list': [MANAGED],
    'that is null': null,
  }
  test.each(Object.entries(invisible))(proves('execution:egress:entity', 'a record %s'), (_name, record) => {
    const { result, withheld } = released({ expense: record }, { expense: { entity: 'Expense' } })
    if (Array.isArray(record)) expect(result.structuredContent).toEqual({ expense: [{ ...MANAGED, iban: '****2051' }] })
    else {
      expect(result.structuredContent).toEqual({})
      expect(withheld.rows).toBe(1)
    }
  })

  test(proves('execution:egress:entity', 'an object where the column is a scalar'), () => {
    const { result } = released(
      { expense: { ...MINE, vendor: { hidden: 'CANARY' } } },
      { expense: { entity: 'Expense' } },
    )
    expect(result.structuredContent).toEqual({ expense: MINE })
  })

  test(proves('execution:egress:entity', 'an entity that is not mapped'), () => {
    expect(released({ x: { id: '1' } }, { x: { entity: 'Unknown' } }).result.structuredContent).toEqual({})
  })
})

describe('labels of records', () => {
  const labels = (record: JsonValue, binding: Parameters<typeof release>[2] = { expense: { entity: 'Expense' } }) =>
    released({ expense: record }, binding).labels
  const LABELED = { ...MINE, confidential: true }

  test(proves('execution:labels:record'), () => {
    expect(labels(LABELED)).toEqual(['confidential'])
    expect(labels([MINE, LABELED, LABELED])).toEqual(['confidential'])
    expect(labels(MINE)).toEqual([])
    expect(labels([{ ...MINE, confidential: null }])).toEqual([])
  })

  test(proves('execution:labels:record', 'withheld records tell nothing'), () => {
    expect(labels({ ...FOREIGN, confidential: true })).toEqual([])
    expect(labels(LABELED, {})).toEqual([])
    expect(labels({ ...LABELED, dept_id: {} })).toEqual([])
  })

  test(proves('execution:labels:record', 'a row of a guarded client was counted when it was read'), () => {
    const row = { id: 'INV-3', confidential: true }
    finalRows.remember(alice, [row])
    expect(labels(row)).toEqual([])
  })
})

describe('bindings', () => {
  test(proves('execution:egress:bound'), () => {
    const { result, withheld } = released({ total: 3, secret: 'CANARY', toString: 'CANARY' }, { total: 'public' })
    expect(result).toEqual({ structuredContent: { total: 3 }, content: [{ type: 'text', text: '{"total":3}' }] })
    expect(withheld.fields).toEqual(['*'])
  })

  test(proves('execution:egress:bound', 'without bindings'), () => {
    const content = [{ type: 'text', text: 'CANARY' }]
    expect(
      release(alice, { structuredContent: { a: 'CANARY' }, content, _meta: { a: 'CANARY' } }, undefined, options)
        .result,
    ).toEqual({
      structuredContent: {},
      content: [{ type: 'text', text: '{}' }],
    })
    expect(release(alice, { content }, undefined, options).result).toEqual({ content: [] })
  })

  test(proves('execution:egress:text'), () => {
    const content = [
      { type: 'text', text: 'red \u001b[31mred\u001b[0m \u202egnirts \u{e0041}' },
      { type: 'image', data: 'CANARY', mimeType: 'image/png' },
      { type: 'resource_link', uri: 'file:///CANARY', name: 'CANARY' },
      { type: 'resource', resource: { uri: 'x:y', text: 'CANARY' } },
    ]
    expect(release(alice, { content }, { text: 'public' }, options)).toEqual({
      result: { content: [{ type: 'text', text: 'red red gnirts ' }] },
      withheld: { rows: 0, fields: ['content'], masked: [] },
      labels: [],
    })
    const { result } = released({ note: 'a\u001b]8;;http://x\u0007b\u200bc' }, { note: 'public' }, content)
    expect(result).toEqual({ structuredContent: { note: 'abc' }, content: [{ type: 'text', text: '{"note":"abc"}' }] })
  })
})

describe('rows of a guarded client', () => {
  const row = { b: 1, a: new Date('2026-01-02T00:00:00Z'), big: '12345678901234567890' }
  const written = { a: '2026-01-02T00:00:00.000Z', b: 1, big: '12345678901234567890' }
  finalRows.remember(alice, [row])

  test(proves('execution:egress:sql'), () => {
    const { result, withheld } = released(
      { rows: [written, { ...written, b: 2 }, { ...written, c: 1 }] },
      { rows: 'sql' },
    )
    expect(result.structuredContent).toEqual({ rows: [written] })
    expect(withheld.rows).toBe(2)
  })

  test(proves('execution:egress:sql', 'of another call'), () => {
    const other = authorizedCall('user:alice')
    const { result } = release(other, { structuredContent: { rows: [written] } }, { rows: 'sql' }, options)
    expect(result.structuredContent).toEqual({ rows: [] })
  })

  test(proves('execution:egress:sql', 'not a list'), () => {
    expect(released({ rows: written }, { rows: 'sql' }).result.structuredContent).toEqual({})
  })

  test(proves('execution:egress:entity', 'a row of a guarded client'), () => {
    expect(released({ x: written }, { x: { entity: 'Expense' } }).result.structuredContent).toEqual({ x: written })
  })
})

describe('a tool that failed', () => {
  const told = (text: string) =>
    release(alice, { isError: true, content: [{ type: 'text', text }] }, { text: 'public' }, options)

  test(proves('execution:egress:error'), () => {
    const { result } = told('duplicate key value violates "CANARY"')
    expect(JSON.stringify(result)).not.toContain('CANARY')
    expect(JSON.stringify(result)).toContain('[invocation.handler-failed]')
  })

  test(proves('execution:egress:error', 'with a code of ours'), () => {
    const { result } = told('CANARY [execution.column-unknown]')
    expect(JSON.stringify(result)).not.toContain('CANARY')
    expect(JSON.stringify(result)).toContain('[execution.column-unknown]')
  })

  test(proves('execution:egress:error', 'with a code that is none'), () => {
    expect(JSON.stringify(told('CANARY [execution.toString]').result)).toContain('[invocation.handler-failed]')
  })
})
