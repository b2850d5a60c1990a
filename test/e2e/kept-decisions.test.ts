import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readKeptDecisions } from '../../packages/bindings/mcp/src/index.ts'
import { lockstepProcess } from '../../packages/lockstep/test/run-lockstep.ts'
import { expectDenied } from '../../packages/testing/src/index.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

const CONFIG = resolve(import.meta.dirname, '../../examples/expense-approval/lockstep.config.ts')

let folder: string
let file: string
let house: ExpenseHouse
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-kept-'))
  file = join(folder, 'journal', 'decisions.jsonl')
  house = await openExpenseHouse({ configuration: { decisions: { keep: 'inputs', file } } })
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

test(proves('policy:diff:kept', 'of permitted and of denied calls'), async () => {
  const { id } = await house.invoice()
  const [alice, carol] = [await house.agent('alice'), await house.agent('carol')]
  await alice.call('getExpense', { id })
  await carol.call('getExpense', { id })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const kept = (await readKeptDecisions(file)).filter(({ tool }) => tool === 'getExpense')
  expect(kept.map(({ subject, effect, policies }) => [subject.id, effect, policies])).toEqual([
    ['user:alice', 'permit', ['finance-gets', 'any-agent-looks', 'planner-acts']],
    ['user:carol', 'deny', []],
  ])
  expect(kept[0]).toMatchObject({
    arguments: { id },
    stored: { type: 'Expense', id },
    actor: { id: PLANNER },
    proof: 'dpop',
  })
  expect(await readFile(file, 'utf8')).not.toContain(alice.accessToken)
})

test(proves('policy:diff:kept', 'nothing unless it is configured'), async () => {
  const state = join(folder, 'state')
  const plain = await openExpenseHouse({ configuration: { state } })
  const { id } = await plain.invoice()
  await (await plain.agent('alice')).call('getExpense', { id })
  await plain.close()
  expect((await readdir(state, { recursive: true })).filter((name) => name.includes('decisions'))).toEqual([])
  await expect(openExpenseHouse({ configuration: { decisions: { keep: 'inputs' } } })).rejects.toThrow(
    'configuration.invalid',
  )
})

test(proves('policy:diff:kept', 'or the call is denied'), async () => {
  await writeFile(join(folder, 'in-the-way'), '')
  const decisions = { keep: 'inputs', file: join(folder, 'in-the-way', 'decisions.jsonl') } as const
  const blocked = await openExpenseHouse({ configuration: { decisions } })
  const { id } = await blocked.invoice()
  const effects = await blocked.effects()
  await expectDenied((await blocked.agent('alice')).call('getExpense', { id }), 'audit.unavailable')
  expect(await blocked.effects()).toBe(effects)
  await blocked.close()
})

test(proves('policy:diff:kept', 'and bounded'), async () => {
  await truncate(file, 67_108_865)
  const { id } = await house.invoice()
  await (await house.agent('alice')).call('getExpense', { id })
  expect((await stat(`${file}.1`)).size).toBe(67_108_865)
  expect(await readKeptDecisions(file)).toHaveLength(1)
})

test(proves('policy:diff:journal'), async () => {
  const { id } = await house.invoice()
  await (await house.agent('alice')).call('approveExpense', { invoiceId: id })
  const before = join(folder, 'before')
  await cp(house.policies, before, { recursive: true })
  const approve = join(before, 'approve.cedar')
  await writeFile(approve, (await readFile(approve, 'utf8')).replaceAll('500000', '1'))
  const args = ['policy', 'diff', before, house.policies, '--decisions', file, '--expectations', 'empty.json']
  await writeFile(join(folder, 'empty.json'), '[]')
  const { said, complained } = await lockstepProcess([...args, '--config', CONFIG, '--json'], folder)
  expect(complained).toBe('')
  const { decisions, replayed } = JSON.parse(said)
  expect(replayed).toBe((await readKeptDecisions(file)).length)
  expect(decisions).toHaveLength(1)
  expect(decisions[0]).toMatchObject({
    kind: 'newly permitted',
    name: expect.stringContaining(`approveExpense on Expense::${id}`),
    after: { effect: 'permit', policies: ['manager-approves', 'planner-acts'] },
  })
}, 240_000)

test(proves('policy:diff:misuse', 'with a journal that is none'), async () => {
  const line = `${JSON.stringify((await readKeptDecisions(file))[0])}\n`
  const journal = join(folder, 'journal.jsonl')
  await writeFile(journal, `${line}{"v":1,"at":`)
  expect(await readKeptDecisions(journal)).toHaveLength(1)
  await writeFile(journal, `${line}{"v":1}\n`)
  await expect(readKeptDecisions(journal)).rejects.toThrow(`\`${journal}\` line 2`)
  await expect(readKeptDecisions('/dev/zero')).rejects.toThrow('configuration.unreadable')
})
