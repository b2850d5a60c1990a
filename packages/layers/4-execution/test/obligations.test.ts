import type { JsonObject, Obligation } from '@lockstep/core'
import { createRewriter, loadParser } from '@lockstep/execution'
import { obligeRead, planOutput, release, termsOf } from '@lockstep/execution/egress'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askReadExpenses } from '../../../../test/fixtures/expense/ask-read-expenses.ts'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { expenseTables } from '../../../../test/fixtures/expense/expense-tables.ts'
import { proves } from '../../../../test/requirements/index.ts'

const alice = authorizedCall('user:alice')
const askRead = obligeRead(askReadExpenses)
const obliged = (...obligations: readonly (readonly [string, string])[]) => ({
  ...alice,
  obligations: obligations.map(([name, value]) => ({ name, value, policyId: 'p' })),
})
const MINE = {
  id: 'INV-2',
  dept_id: 42,
  employee_id: 'user:alice',
  confidential: false,
  iban: 'DE02500105170137075030',
}
const options = { askRead, isFinalRow: () => false }

describe('classes', () => {
  const plan = planOutput('tool', { output: { expense: { entity: 'Expense' } } }, { tables: expenseTables })
  const iban = (call: ReturnType<typeof obliged>) => {
    const { structuredContent } = release(call, { structuredContent: { expense: MINE } }, plan, options).result
    return structuredContent
  }
  const { iban: _, ...withoutIban } = MINE

  test(proves('egress:obligation:read'), () => {
    expect(iban(obliged())).toEqual({ expense: MINE })
    expect(iban(obliged(['mask', 'bank']))).toEqual({ expense: { ...MINE, iban: '****5030' } })
    expect(iban(obliged(['drop', 'bank']))).toEqual({ expense: withoutIban })
    expect(iban(obliged(['mask', 'bank'], ['drop', 'bank']))).toEqual({ expense: withoutIban })
    expect(iban(obliged(['drop', 'bank'], ['mask', 'bank']))).toEqual({ expense: withoutIban })
    expect(iban(obliged(['mask', 'other']))).toEqual({ expense: MINE })
  })

  test(proves('egress:obligation:read', 'in statements, whatever a column is called there'), async () => {
    await loadParser()
    const rewriter = createRewriter({ tables: expenseTables, askRead })
    const scopes = (call: ReturnType<typeof obliged>, sql: string) => rewriter.rewrite(call, sql, []).scopes[0]
    const aliased = 'select id, iban as vendor from expenses'
    expect(scopes(obliged(['drop', 'bank']), 'select id from expenses')?.hiddenColumns).toContain('iban')
    expect(() => scopes(obliged(['drop', 'bank']), aliased)).toThrow(
      expect.objectContaining({ code: 'execution.column-unknown' }),
    )
    const before = rewriter.rewrite(obliged(), aliased, []).text
    const after = rewriter.rewrite(obliged(['mask', 'bank']), aliased, []).text
    expect(after).not.toBe(before)
    expect(rewriter.rewrite(obliged(), aliased, []).text, 'the next call is not obliged').toBe(before)
  })
})

test(proves('egress:obligation:strictest'), () => {
  const several = [
    ...['7', '3', '100'].map((value) => ['limit', value] as const),
    ...['4096', '10'].map((value) => ['limit_attachments', value] as const),
    ...['a,b', 'c', 'b'].map((value) => ['mask', value] as const),
    ...['image', 'audio, image'].map((value) => ['redact_attachments', value] as const),
    ['watermark', 'two'] as const,
    ['watermark', 'one'] as const,
  ]
  const expected = {
    masked: ['a', 'b', 'c'],
    dropped: [],
    rows: 3,
    attachments: ['audio', 'image'],
    attachmentBytes: 10,
    attachmentLabels: [],
    watermarks: ['one', 'two'],
    topics: [],
    endsSession: false,
  }
  const obligations: readonly Obligation[] = obliged(...several).obligations
  fc.assert(
    fc.property(fc.shuffledSubarray([...obligations], { minLength: obligations.length }), (shuffled) => {
      expect(termsOf(shuffled)).toEqual(expected)
    }),
    { numRuns: 50 },
  )
  fc.assert(
    fc.property(fc.subarray([...obligations]), (some) => {
      const terms = termsOf(some)
      expect(terms.rows ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(expected.rows)
      for (const field of terms.masked) expect(expected.masked).toContain(field)
    }),
    { numRuns: 50 },
  )
})

describe('attachments', () => {
  const plan = planOutput(
    'tool',
    { outputSchema: { type: 'object', 'x-lockstep': { attachments: 'public' } } },
    { tables: expenseTables },
  )
  const image = { type: 'image', mimeType: 'image/png', data: 'A'.repeat(400) }
  const audio = { type: 'audio', mimeType: 'audio/wav', data: 'AAAA', _meta: { 'lockstep/labels': ['confidential'] } }
  const link = { type: 'resource_link', uri: 'file:///a', name: 'a', size: 10 }
  const unsized = { type: 'resource_link', uri: 'file:///b', name: 'b' }
  const blob = { type: 'resource', resource: { uri: 'file:///c', blob: 'A'.repeat(4000) } }
  const text = { type: 'resource', resource: { uri: 'file:///d', text: 'é'.repeat(100) } }
  const content: readonly JsonObject[] = [image, audio, link, unsized, blob, text]
  const left = (...obligations: readonly (readonly [string, string])[]) =>
    release(obliged(...obligations), { content }, plan, options)

  test(proves('egress:obligation:attachments'), () => {
    expect(left().result.content).toEqual(content)
    expect(left(['redact_attachments', 'image,resource']).result.content).toEqual([audio, link, unsized])
    expect(left(['redact_attachments', 'all']).result.content).toEqual([])
    expect(left(['limit_attachments', '199']).result.content).toEqual([audio, link])
    expect(left(['limit_attachments', '200']).result.content).toEqual([audio, link, text])
    expect(left(['limit_attachments', '300'], ['limit_attachments', '0']).result.content).toEqual([])
    expect(left(['redact_labeled', 'confidential']).result.content).toEqual([image, link, unsized, blob, text])
    const strange = { ...image, _meta: { 'lockstep/labels': 'confidential' } }
    const told = release(obliged(['redact_labeled', 'other']), { content: [strange] }, plan, options)
    expect(told.result.content, 'labels that nobody can read').toEqual([])
  })

  test(proves('egress:labels', 'of attachments'), () => {
    expect(left().labels).toEqual(['confidential'])
    expect(left(['redact_attachments', 'audio']).labels).toEqual([])
  })
})
