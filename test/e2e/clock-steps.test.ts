import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent, WireAnswer } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const MINUTES = 60_000

let house: ExpenseHouse
let folder: string
/** How often a handler sent a statement. */
let statements = 0
let alice: HouseAgent
let bob: HouseAgent
beforeAll(async () => {
  // In memory, a clock that ran ahead and is set back refuses everything until it has caught up; in a database it may be set back for a while.
  folder = await mkdtemp(join(tmpdir(), 'lockstep-clock-'))
  house = await openExpenseHouse({ beforeStatement: async () => void statements++, configuration: { state: folder } })
  // Issued a while ago, so that it is of no future for a clock that was set back.
  const issuedAt = Math.floor(house.clock() / 1000) - 1_500
  const claims = { iat: issuedAt, auth_time: issuedAt }
  alice = await house.agent('alice', { acr: ACR_MFA, expiresIn: 1_500, claims })
  bob = await house.approver('bob')
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

/** An invoice that is given back after each approval, so that nothing but the token stands in the way of a second one. */
async function invoice(amount?: number) {
  const { id } = await house.invoice(amount)
  const giveBack = () => house.data.pglite.query("update expenses set status = 'submitted' where id = $1", [id])
  return { args: { invoiceId: id }, giveBack }
}
const codeOf = ({ body }: WireAnswer) => body.error?.data?.code ?? body.result?.structuredContent?.status

/** Steps the clock, does something, and steps it back to where it was. */
async function at<T>(ms: number, work: () => Promise<T>): Promise<T> {
  house.advance(ms)
  try {
    return await work()
  } finally {
    house.advance(-ms)
  }
}

test(proves('transactions:clock', 'a token that was used'), async () => {
  const { args, giveBack } = await invoice()
  const txnToken = await alice.txnToken(TOOL, args)
  const call = async () => codeOf(await alice.call(TOOL, args, { txnToken }))
  expect(await call()).toBe('approved')
  await giveBack()
  const before = statements
  expect(await at(2 * MINUTES, call), 'it has expired').toBe('invocation.txn-token-invalid')
  expect(await call(), 'and is not fresh again when the clock is set back').toBe('invocation.txn-token-replayed')
  expect(await at(-2, call)).toBe('invocation.txn-token-replayed')
  expect(statements).toBe(before)
})

test(proves('transactions:clock', 'a token that was not used'), async () => {
  const { args } = await invoice()
  const txnToken = await alice.txnToken(TOOL, args)
  const call = async () => codeOf(await alice.call(TOOL, args, { txnToken }))
  const before = statements
  expect(await at(61_000, call)).toBe('invocation.txn-token-invalid')
  expect(await at(-1 * MINUTES, call), 'of the future').toBe('invocation.txn-token-invalid')
  expect(statements, 'neither used it up').toBe(before)
  expect(await call()).toBe('approved')
})

test(proves('transactions:clock', 'an answer that was kept'), async () => {
  const { args, giveBack } = await invoice()
  const idempotencyKey = 'a-key-of-one-call'
  const first = await alice.call(TOOL, args, { idempotencyKey, txnToken: await alice.txnToken(TOOL, args) })
  expect(codeOf(first)).toBe('approved')
  await giveBack()
  const before = statements
  for (const step of [0, 5 * MINUTES, -5 * MINUTES]) {
    const again = await at(step, () => alice.call(TOOL, args, { idempotencyKey }))
    expect([step, again.body]).toEqual([step, first.body])
  }
  expect(statements).toBe(before)
})

test(proves('transactions:clock', 'a consent'), async () => {
  const { args, giveBack } = await invoice(650_000)
  const asked = (await alice.call(TOOL, args)).body.error?.data?.unlock?.approval?.id ?? ''
  expect((await bob.consent(asked)).status).toBe(200)
  const call = async () => codeOf(await alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) }))
  expect(await call()).toBe('approved')
  await giveBack()
  const before = statements
  for (const step of [0, 5 * MINUTES, -5 * MINUTES, 0]) {
    const again = await at(step, () => alice.call(TOOL, args))
    expect([step, codeOf(again)]).toEqual([step, 'invocation.approval-required'])
    expect(again.body.error?.data?.unlock?.approval?.id).not.toBe(asked)
  }
  expect(statements).toBe(before)
})
