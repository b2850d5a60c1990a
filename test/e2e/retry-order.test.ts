import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

let house: ExpenseHouse
beforeAll(async () => {
  house = await openExpenseHouse()
})
afterAll(() => house.close())

test(proves('edge:retry:racers', 'whoever does not run keeps its token'), async () => {
  const alice = await house.agent('alice')
  const { id } = await house.invoice()
  const tokens = await Promise.all(Array.from({ length: 8 }, () => alice.txnToken('getExpense', { id })))
  const raced = await Promise.all(
    tokens.map((txnToken) => alice.call('getExpense', { id }, { txnToken, idempotencyKey: 'raced' })),
  )
  const ran = raced.map(({ trace }) => house.recorded(trace).some(({ step }) => step === 'execution'))
  expect(ran.filter(Boolean)).toHaveLength(1)
  for (const [index, txnToken] of tokens.entries()) {
    const { status, body } = await alice.call('getExpense', { id }, { txnToken })
    const code = body.error?.data?.code
    expect([status, code]).toEqual(ran[index] ? [403, 'invocation.txn-token-replayed'] : [200, undefined])
  }
})
