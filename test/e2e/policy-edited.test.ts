import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject } from '@lockstep/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { replaceFile } from '../fixtures/replace-file.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'

let house: ExpenseHouse
let alice: HouseAgent
const told: string[] = []
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      onPolicyError: (error) => void told.push(error instanceof Error ? error.message : String(error)),
    },
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

const limit = async () => {
  const { limits } = await alice.capability(TOOL)
  return ((limits as JsonObject).anyOf as { amount?: { atMost?: number } }[])[0]?.amount?.atMost
}

test(proves('edge:policy:edited'), async () => {
  const between = await house.invoice(400_000)
  const args = { invoiceId: between.id }
  const secrets = [between.id]
  const missing = { status: 403, code: 'invocation.txn-token-missing', secrets }
  const [version, before] = [house.lockstep.policyVersion, await limit()]
  // The policy permits it: only its token is missing.
  await expectRefusal(house, () => alice.call(TOOL, args), missing)

  const undo = await editPolicy(house, 'approve.cedar', (text) => text.replaceAll('500000', '300000'))
  expect([before, await limit()]).toEqual([500_000, 300_000])
  const after = await expectRefusal(house, () => alice.call(TOOL, args), {
    status: 401,
    code: 'invocation.denied',
    secrets,
  })
  expect(after.headers.get('www-authenticate')).toMatch(
    /insufficient_user_authentication.*acr_values="urn:expense:acr:mfa"/,
  )
  expect(house.recorded(after.trace).at(-1)).toMatchObject({ policyVersion: house.lockstep.policyVersion })
  expect(house.lockstep.policyVersion).not.toBe(version)
  const exchange = await alice.exchange(TOOL, args)
  expect([exchange.status, exchange.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/acr_values/),
  ])

  await undo()
  expect([house.lockstep.policyVersion, await limit()]).toEqual([version, 500_000])
  expect((await alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) })).status).toBe(200)
  expect(await house.status(between.id)).toBe('approved')
})

test(proves('edge:policy:half-written'), async () => {
  const file = join(house.policies, 'approve.cedar')
  const whole = await readFile(file, 'utf8')
  const version = house.lockstep.policyVersion
  const lowered = whole.replaceAll('500000', '300000')
  const line = lowered.split('\n').findIndex((text) => text.includes('resource.amount <= 300000')) + 1
  const half = `${lowered
    .split('\n')
    .slice(0, line - 1)
    .join('\n')}\n  resource.amount <= `
  const { id } = await house.invoice(400_000)
  const args = { invoiceId: id }

  await replaceFile(file, half)
  for (let waited = 0; told.length === 0 && waited < 4000; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect(told).toEqual([expect.stringMatching(new RegExp(`approve\\.cedar:${line}\\b`))])
  expect([house.lockstep.policyVersion, await limit()]).toEqual([version, 500_000])
  expect((await alice.call(TOOL, args, { txnToken: await alice.txnToken(TOOL, args) })).status).toBe(200)
  expect(await house.status(id)).toBe('approved')

  await replaceFile(file, lowered)
  for (let waited = 0; house.lockstep.policyVersion === version && waited < 4000; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect([await limit(), told.length], 'once it is whole').toEqual([300_000, 1])
})
