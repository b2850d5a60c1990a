import { afterAll, beforeAll, expect, test } from 'vitest'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'

let house: ExpenseHouse
const told: unknown[] = []
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      policyEngine: 'cedar-wasm',
      policyComparison: { fraction: 1, onDisagreement: (disagreement) => told.push(disagreement) },
    },
  })
})
afterAll(() => house.close())

test(proves('edge:policy:engine'), async () => {
  const alice = await house.agent('alice')
  const approve = async () => {
    const args = { invoiceId: (await house.invoice()).id }
    return alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) })
  }
  expect((await approve()).status).toBe(200)
  expect(told).toEqual([])

  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const txnToken = await alice.txnToken(TOOL, args)
  // Past 2^53 Cedar counts on and the evaluator of our own does not.
  const undo = await editPolicy(house, 'approve.cedar', (text) =>
    text.replaceAll('resource.status == "submitted"', 'resource.amount + 9007199254740991 > 0'),
  )
  const before = await house.effects()
  const answer = () => alice.call(TOOL, args, { txnToken })
  await expectRefusal(house, answer, { status: 500, code: 'policy.engines-disagree', secrets: [id] })
  expect(await house.effects()).toEqual(before)
  expect(told.length).toBeGreaterThan(0)
  expect(told[0]).toMatchObject({ action: TOOL, policyVersion: house.lockstep.policyVersion })
  expect(JSON.stringify(told)).not.toContain(id)
  await undo()
  expect((await approve()).status).toBe(200)
})
