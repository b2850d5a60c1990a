import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digest } from '@lockstep/core'
import { readKeptDecisions } from '@lockstep/mcp'
import { testPolicies } from '@lockstep/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keptCalls, replayDecisions } from '../../packages/lockstep/src/replay-decisions.ts'
import { codeOf, FIRST, openTreasury, type Treasury } from '../fixtures/treasury/open-treasury.ts'
import { createWatchedState } from '../fixtures/treasury/watched-state.ts'
import { proves } from '../requirements/index.ts'

const state = createWatchedState()
let folder: string
let bank: Treasury
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-explained-'))
  bank = await openTreasury({ state, decisions: { keep: 'inputs', file: join(folder, 'decisions.jsonl') } })
})
afterAll(async () => {
  await bank.close()
  await rm(folder, { recursive: true, force: true })
})

const payment = (amount: number) => ({ account: 'alice-1', payment: { amount, currency: 'EUR' } })
const asked = (amount: number) => ({
  ...{
    subject: { id: 'user:alice' },
    actor: { id: FIRST },
    tool: 'transfer',
    arguments: payment(amount),
    reveal: true,
  },
})

test(proves('sequences:explained'), async () => {
  const alice = await bank.agent('alice')
  const paid = await alice.call('transfer', payment(600_000))
  const denied = await alice.call('transfer', payment(600_000))
  expect([paid, denied].map(codeOf)).toEqual(['ok', 'invocation.denied'])
  const told = (sum: number, count: number, firstUse: boolean) => ({
    sums: { 'paid-a-day': sum },
    counts: { 'payments-an-hour': count },
    firstUse,
    firstUseOfResource: firstUse,
    ...(firstUse ? {} : { secondsSinceUse: expect.any(Number) }),
  })

  // What is remembered now, with the call; nothing is taken by asking.
  const before = state.asked.length
  expect(await bank.lockstep.explain(asked(400_000))).toMatchObject({ effect: 'permit' })
  const explained = await bank.lockstep.explain(asked(400_001))
  expect(explained).toMatchObject({ effect: 'deny', policies: ['at-most-a-day'] })
  expect(JSON.stringify(explained)).toContain('"context.history.sums')
  expect(state.asked.slice(before)).toEqual(['read', 'read'])
  // What is given in its place, of somebody who never did anything else.
  const given = (history: object) => bank.lockstep.explain({ ...asked(1), history: history as never })
  expect(await given({})).toMatchObject({ effect: 'permit' })
  expect(await given({ sums: { 'paid-a-day': 1_000_001 } })).toMatchObject({ policies: ['at-most-a-day'] })
  expect(await given({ counts: { 'payments-an-hour': 21 } })).toMatchObject({ policies: ['payments-at-most-an-hour'] })
  await expect(bank.lockstep.explain({ ...asked(-1) })).rejects.toMatchObject({ code: 'invocation.arguments-invalid' })
  await expect(given('sums' as never)).rejects.toThrow(TypeError)

  // The journal holds what was told, the audit log a digest of it and no amount.
  const kept = await readKeptDecisions(join(folder, 'decisions.jsonl'))
  expect(kept.map(({ history }) => history)).toEqual([told(600_000, 1, true), told(1_200_000, 2, false)])
  const records = [paid, denied].flatMap(({ trace }) =>
    bank.recorded(trace).filter(({ step }) => step === 'invocation'),
  )
  expect(records.map(({ detail }) => (detail?.digests as { history?: string } | undefined)?.history)).toEqual(
    kept.map(({ history }) => digest(history ?? {})),
  )
  expect(JSON.stringify(bank.events)).not.toMatch(/600000|1200000/)

  // Decided again they come out as they did, whatever was spent since.
  const replayed = await keptCalls(join(folder, 'decisions.jsonl'))
  const answers = await Promise.all(replayed.map((call) => bank.lockstep.explain(call.asked)))
  expect(answers.map(({ effect }) => effect)).toEqual(['permit', 'deny'])
  expect(await replayDecisions(replayed, bank.lockstep, bank.lockstep)).toEqual([])
  expect(await readFile(join(folder, 'decisions.jsonl'), 'utf8')).toContain('paid-a-day')
})

test(proves('sequences:explained', 'in a table of expectations'), async () => {
  const row = {
    subject: 'user:alice',
    actor: FIRST,
    tool: 'transfer',
    given: {
      resource: {
        type: 'Account',
        id: 'alice-1',
        attributes: { owner: { entity: { type: 'User', id: 'user:alice' } } },
      },
    },
  }
  const rows = [
    { ...row, name: 'all at once', arguments: payment(1_000_000), expect: 'permit' },
    {
      ...row,
      name: 'too much',
      arguments: payment(1_000_001),
      expect: { effect: 'deny', policies: ['at-most-a-day'] },
    },
    {
      ...row,
      name: 'bit by bit',
      arguments: payment(1),
      history: { sums: { 'paid-a-day': 1_000_001 } },
      expect: 'deny',
    },
  ] as const
  const report = await testPolicies(bank.lockstep, rows)
  expect(report.rows.filter(({ passed }) => !passed)).toEqual([])
  await expect(testPolicies(bank.lockstep, [{ ...rows[0], history: [] as never }])).rejects.toThrow(/`history`/)
})

test(proves('policy:explain:withheld', 'looks like one that is not there, by class and history too'), async () => {
  const about = async (account: string) => {
    const given = { subject: { id: 'user:alice' }, actor: { id: FIRST }, tool: 'closeAccount', arguments: { account } }
    const told = await bank.lockstep.explain(given)
    expect(told).toMatchObject({ effect: 'deny', resource: { found: 'hidden' } })
    return JSON.stringify(told).replaceAll(account, 'ACCOUNT')
  }
  expect(await about('none-0')).toBe(await about('bob-1'))
})
