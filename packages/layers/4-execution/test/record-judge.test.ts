import type { EntityTable, Expr, JsonObject, OpenDecision, Value } from '@lockstep/core'
import { planOutput, release } from '@lockstep/execution/egress'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createRecordJudge } from '../src/egress/record-judge.ts'

const table: EntityTable = {
  entity: 'Note',
  key: 'id',
  columns: {
    id: { type: 'text' },
    owner: { type: 'text', attribute: 'owner', entity: 'User' },
    title: { type: 'text', attribute: 'title' },
    size: { type: 'integer', attribute: 'size' },
    due: { type: 'timestamp(3) with time zone', attribute: 'due' },
    bank: { type: 'text', class: 'bank', mask: { kind: 'last', keep: 1 } },
  },
}
const tables = { 'public.notes': table }
const plan = planOutput('read', { output: { notes: { entity: 'Note' } } }, { tables })

const of = (attribute: string): Expr => ({ op: 'get', of: { op: 'unknown', name: 'resource' }, attribute })
const literal = (value: Value): Expr => ({ op: 'value', value })
const user = (id: string): Value => ({ entity: { type: 'User', id } })
const TEXTS = ['a', 'b', 'ab', '']
const INSTANTS = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z', 'no instant', '2026-01-01']

/** Comparisons of every kind: some tell no more of a text than whether it is one of a few. */
const atom: fc.Arbitrary<Expr> = fc.oneof(
  fc.constantFrom(...TEXTS).map((text): Expr => ({ op: 'equal', left: of('title'), right: literal(text) })),
  fc.constantFrom(...TEXTS).map((text): Expr => ({ op: 'equal', left: literal(text), right: of('title') })),
  fc.constantFrom(...TEXTS).map((id): Expr => ({ op: 'equal', left: of('owner'), right: literal(user(id)) })),
  fc
    .subarray(TEXTS)
    .map((ids): Expr => ({ op: 'contains', left: literal({ set: ids.map(user) }), right: of('owner') })),
  fc.constant<Expr>({ op: 'like', of: of('title'), pattern: [null, 'b'] }),
  fc.constant<Expr>({ op: 'equal', left: of('title'), right: literal(1) }),
  fc.constant<Expr>({ op: 'less', left: of('size'), right: literal(2) }),
  fc.constant<Expr>({ op: 'equal', left: of('size'), right: literal(1) }),
  fc
    .constantFrom('2026-01-01', '2026-01-02')
    .map((text): Expr => ({ op: 'equal', left: of('due'), right: literal({ extension: { type: 'datetime', text } }) })),
)
const condition: fc.Arbitrary<Expr> = fc
  .tuple(atom, fc.option(atom), fc.option(atom), fc.boolean())
  .map(([one, other, third, either]) => {
    const both = other === null ? one : ({ op: either ? 'or' : 'and', left: one, right: other } as const)
    const bank: Expr = { op: 'equal', left: { op: 'unknown', name: 'context.field' }, right: literal('bank') }
    const ofBank = { op: 'and', left: bank, right: third ?? both } as const
    return { op: 'or', left: ofBank, right: { op: 'and', left: { op: 'not', of: bank }, right: both } }
  })
const record: fc.Arbitrary<JsonObject> = fc.record({
  id: fc.constantFrom('1', '2'),
  owner: fc.constantFrom<string | number>(...TEXTS, 'other', 'another', 1),
  title: fc.constantFrom<string | number | null>(...TEXTS, 'other', 'xb', null, 7),
  size: fc.constantFrom<string | number>(1, 2, '1', 'one'),
  due: fc.constantFrom(...INSTANTS),
  bank: fc.constant('secret'),
})

test(proves('execution:egress:entity', 'a verdict that is remembered is that of the record itself'), () => {
  let shown = 0
  fc.assert(
    fc.property(condition, fc.array(record, { minLength: 2, maxLength: 12 }), (drawn, notes) => {
      const decision: OpenDecision = { condition: drawn, policies: [], policyVersion: '1' }
      const call = authorizedCall('user:alice')
      const options = { askRead: () => decision, isFinalRow: () => false }
      const releasedOf = (some: readonly JsonObject[]) =>
        release(call, { structuredContent: { notes: some } }, plan, options).result.structuredContent
      const alone = notes.flatMap((note) => Object.values(releasedOf([note]) ?? {}).flat())
      shown += alone.length
      expect(releasedOf(notes)).toEqual({ notes: alone })
    }),
    { numRuns: 2_000 },
  )
  expect(shown).toBeGreaterThan(1_000)
})

test(proves('execution:egress:entity', 'what a policy tells of texts'), () => {
  const readsOf = (drawn: Expr) => {
    const judged = planOutput('read', { output: { note: { entity: 'Note' } } }, { tables })
    const structure = judged?.structure
    const list = structure?.kind === 'object' ? structure.members[0]?.plan : undefined
    const items = list?.kind === 'list' && list.items.kind === 'record' ? list.items : undefined
    const call = authorizedCall('user:alice')
    return createRecordJudge(call, items!, { condition: drawn, policies: [], policyVersion: '1' }).reads
  }
  const isMine: Expr = { op: 'equal', left: of('owner'), right: literal(user('a')) }
  const like: Expr = { op: 'like', of: of('owner'), pattern: [null] }
  expect(readsOf(isMine)).toEqual([{ name: 'owner', told: new Set(['a']) }])
  expect(readsOf({ op: 'or', left: isMine, right: like })).toEqual([{ name: 'owner', told: undefined }])
})
