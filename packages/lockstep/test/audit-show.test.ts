import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuditLog } from '@lockstep/audit'
import type { AuditEvent } from '@lockstep/core'
import { createCheckpointKey } from '@lockstep/tokens'
import { beforeAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { lockstep, newFolder } from './run-lockstep.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CUT_OFF = 'b'.repeat(32)
const HOSTILE = 'c'.repeat(32)
const who = { subject: 'user:alice', actor: 'spiffe://example/agents/planner-42' }
const call = { tool: 'approveExpense', policyVersion: 'v7' }

const chain: readonly Omit<AuditEvent, 'trace'>[] = [
  { ...who, step: 'gateway', outcome: 'permitted' },
  { ...who, step: 'discovery', outcome: 'permitted', policies: ['list-tools'], detail: { usable: ['a'], absent: 2 } },
  {
    ...who,
    ...call,
    step: 'invocation',
    outcome: 'permitted',
    policies: ['approve', 'managers'],
    detail: { call: 'call-1', digests: { arguments: 'the argument digest' } },
  },
  {
    ...who,
    ...call,
    step: 'execution',
    outcome: 'permitted',
    detail: {
      statement: 'the statement digest',
      relations: [{ relation: 'expenses', hiddenColumns: ['note'], maskedColumns: ['iban'] }],
    },
  },
  {
    ...who,
    ...call,
    step: 'response',
    outcome: 'completed',
    detail: { call: 'call-1', rows: 3, fields: ['Expense.note'], masked: [] },
  },
]
const cutOff: readonly Omit<AuditEvent, 'trace'>[] = [
  { ...call, step: 'invocation', outcome: 'permitted', detail: { call: 'call-2' } },
  { ...call, step: 'invocation', outcome: 'permitted', detail: { call: 'call-3' } },
  { ...call, step: 'response', outcome: 'failed', detail: { call: 'call-3' } },
  { ...call, step: 'invocation', outcome: 'denied', code: 'invocation.denied' },
  { step: 'system', outcome: 'permitted', detail: { reason: 'nightly' } },
  { step: 'system', outcome: 'completed', detail: { reason: 'nightly' } },
  { step: 'system', outcome: 'permitted', detail: { reason: 'migration' } },
]

let state: string
beforeAll(async () => {
  state = await newFolder()
  const key = await createCheckpointKey()
  const clock = () => 1_800_000_000_000
  const log = await openAuditLog({ folder: join(state, 'audit'), origin: 'test/audit', key, clock })
  for (const event of chain) {
    await log.append({ ...event, trace: TRACE })
    await log.append({ trace: 'd'.repeat(32), step: 'gateway', outcome: 'denied', subject: 'user:mallory' })
  }
  for (const event of cutOff) await log.append({ ...event, trace: CUT_OFF })
  const hostile = '\u001b[2Juser:\u202ebob\nvalid'
  await log.append({
    trace: HOSTILE,
    step: 'gateway',
    outcome: 'permitted',
    subject: hostile,
    detail: { note: [hostile] },
  })
  await log.close()
})

const show = (trace: string, ...more: string[]) => lockstep(['audit', 'show', trace, '--state', state, ...more])

test(proves('audit:show:chain'), async () => {
  const { code, said, complained } = await show(TRACE)
  expect(complained).toBe('')
  expect(code).toBe(0)
  const [title, ...records] = said.split('\n\n').flatMap((part, index) => (index === 0 ? part.split(/\n(?=\d)/) : part))
  expect(title).toBe(`trace ${TRACE}`)
  expect(records.map((record) => record.split('\n')[0])).toEqual(
    [
      'gateway  permitted',
      'discovery  permitted',
      'invocation  permitted',
      'execution  permitted',
      'response  completed',
    ].map((step, index) => `${index * 2}  2027-01-15T08:00:00.000Z  ${step}`),
  )
  const value = (index: number, name: string) => new RegExp(`^ +${name} {2,}(.*)$`, 'm').exec(records[index] ?? '')?.[1]
  expect(value(0, 'subject')).toBe('user:alice')
  expect(value(0, 'actor')).toBe('spiffe://example/agents/planner-42')
  expect(value(1, 'usable')).toBe('["a"]')
  expect(value(2, 'tool')).toBe('approveExpense')
  expect(value(2, 'policies')).toBe('approve, managers')
  expect(value(2, 'policy version')).toBe('v7')
  expect(value(2, 'digests')).toMatch(/^arguments=[\w-]{43}$/)
  expect(value(3, 'digests')).toBe('statement=the statement digest')
  expect(value(3, 'withheld')).toBe('expenses: rows by policy, hidden note, masked iban')
  expect(value(4, 'withheld')).toBe('rows 3; fields Expense.note')
  expect(said).not.toContain('mallory')
  expect(said).not.toContain('outcome unknown')
})

test(proves('audit:show:chain', 'as JSON'), async () => {
  const { code, said } = await show(TRACE.toUpperCase(), '--json')
  const shown = JSON.parse(said)
  expect(shown).toMatchObject({ trace: TRACE, outcomeUnknown: [], records: chain.map(({ step }) => ({ step })) })
  expect(shown.records[4]).toMatchObject({ seq: 8, detail: { rows: 3, fields: ['Expense.note'] } })
  expect(code).toBe(0)
})

test(proves('audit:show:unknown'), async () => {
  const { said } = await show(CUT_OFF)
  expect(said.split('\n').filter((text) => text.includes('outcome unknown'))).toEqual([
    '10  2027-01-15T08:00:00.000Z  invocation  permitted  outcome unknown',
    '16  2027-01-15T08:00:00.000Z  system  permitted  outcome unknown',
  ])
  expect(JSON.parse((await show(CUT_OFF, '--json')).said)).toMatchObject({ outcomeUnknown: [10, 16] })
})

test(proves('audit:show:visible'), async () => {
  const text = (await show(HOSTILE)).said
  expect(text).toContain('subject  \\u{1b}[2Juser:\\u{202e}bob\\u{a}valid\n')
  const json = (await show(HOSTILE, '--json')).said
  for (const said of [text, json]) expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(JSON.parse(json).records[0].subject).toBe('\u001b[2Juser:\u202ebob\nvalid')
})

test(proves('audit:show:refused'), async () => {
  expect(await show('e'.repeat(32))).toMatchObject({
    code: 1,
    said: '',
    complained: expect.stringContaining('no record'),
  })
  for (const bad of ['', 'abc', 'g'.repeat(32)]) expect(await show(bad)).toMatchObject({ code: 2, said: '' })
  const path = join(state, 'audit', 'records-000000000000.jsonl')
  const good = await readFile(path, 'utf8')
  await writeFile(path, good.replace('user:mallory', 'user:someone'))
  const run = await show(TRACE)
  await writeFile(path, good)
  expect(run).toMatchObject({ code: 1, said: '' })
  expect(run.complained).toContain('records-000000000000.jsonl line 2, record 1')
  expect(run.complained).toContain('[audit.tampered]')
})
