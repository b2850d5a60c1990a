import type { JsonObject } from '@lockstep/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { postRaw } from '../fixtures/expense/post-raw.ts'

import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const REPLAYED = { status: 403, code: 'invocation.txn-token-replayed' }
const MISMATCH = { status: 403, code: 'invocation.txn-params-mismatch' }
const INVALID = { status: 403, code: 'invocation.txn-token-invalid' }

let house: ExpenseHouse
let alice: HouseAgent
/** What happens between the decision and the handler's statement. */
let late = async () => {}
beforeAll(async () => {
  house = await openExpenseHouse({ beforeStatement: () => late() })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

/** A fresh invoice with a token for approving it. */
async function agreed() {
  const { id, amount } = await house.invoice()
  const args = { invoiceId: id }
  return { id, amount, args, txnToken: await alice.txnToken(TOOL, args) }
}

test(proves('edge:txn-token:once'), async () => {
  const { id, args, txnToken } = await agreed()
  const done = await alice.call(TOOL, args, { txnToken })
  expect(done.status).toBe(200)
  expect(done.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
  expect(await house.status(id)).toBe('approved')
  expect(house.recorded(done.trace).map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    'gateway permitted',
    'invocation permitted',
    'execution permitted',
    'response completed',
  ])
  expect(JSON.stringify(house.recorded(done.trace))).not.toContain(txnToken)

  const secrets = [txnToken, id]
  // By now the row changed, so that the policy alone would say no: that it is a replay is what the answer tells.
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), { ...REPLAYED, secrets })
  await house.data.pglite.query("update expenses set status = 'submitted' where id = $1", [id])
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), { ...REPLAYED, secrets })
  expect(await house.status(id)).toBe('submitted')
})

test(proves('edge:txn-token:other-call', 'another invoice'), async () => {
  const { args, txnToken, id } = await agreed()
  const other = await house.invoice()
  const secrets = [txnToken, other.id]
  await expectRefusal(house, () => alice.call(TOOL, { invoiceId: other.id }, { txnToken }), { ...MISMATCH, secrets })
  await expectRefusal(house, () => alice.call('getExpense', { id }, { txnToken }), { ...MISMATCH, secrets: [txnToken] })
  // Neither attempt used it up.
  expect((await alice.call(TOOL, args, { txnToken })).status).toBe(200)
  expect(await house.status(id)).toBe('approved')
  expect(await house.status(other.id)).toBe('submitted')
})

test(proves('edge:txn-token:key-order'), async () => {
  const { id } = await house.invoice()
  const args: JsonObject = { invoiceId: id, note: { b: 1, a: 2 } }
  const txnToken = await alice.txnToken(TOOL, args)
  const reordered = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"arguments":{"note":{"a":2,"b":1.0},"invoiceId":"${id}"},"name":"${TOOL}"}}`
  const done = await alice.post(reordered, { 'txn-token': txnToken })
  expect({ status: done.status, row: await house.status(id) }).toEqual({ status: 200, row: 'approved' })
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), REPLAYED)
})

test(proves('edge:txn-token:other-call', 'another caller'), async () => {
  const { args, txnToken } = await agreed()
  const others = {
    'another subject': await house.agent('bob'),
    'the same subject with another key': await house.agent('alice'),
    'another actor with the same key': await house.agent('alice', {
      key: alice.key,
      actor: 'spiffe://expense.example/agents/other',
    }),
    'another subject with the same key': await house.agent('bob', { key: alice.key }),
    'fewer scopes': await house.agent('alice', { key: alice.key, scopes: ['expenses:read'] }),
  }
  for (const [who, caller] of Object.entries(others)) {
    const before = await house.effects()
    const answer = await caller.call(TOOL, args, { txnToken })
    // To whom the tool is absent, it answers like a tool that does not exist.
    const absent = (await caller.list()).every(({ name }) => name !== TOOL)
    const code = absent ? 'discovery.tool-unknown' : 'invocation.txn-caller-mismatch'
    expect({ who, code: answer.body.error?.data?.code }).toEqual({ who, code })
    expect(house.recorded(answer.trace).at(-1)).toMatchObject({ step: 'invocation', outcome: 'denied', code })
    expect(await house.effects()).toBe(before)
    expect(answer.text).not.toContain(txnToken)
  }
  // A renewed access token of the same caller is the same caller.
  const renewed = await house.agent('alice', { key: alice.key })
  expect((await renewed.call(TOOL, args, { txnToken })).status).toBe(200)
})

test(proves('edge:txn-token:missing'), async () => {
  const { id } = await house.invoice()
  await expectRefusal(house, () => alice.call(TOOL, { invoiceId: id }), {
    status: 403,
    code: 'invocation.txn-token-missing',
    secrets: [id],
  })
  expect(await house.status(id)).toBe('submitted')
})

test(proves('edge:txn-token:other-call', 'the resource changed'), async () => {
  const { id, amount, args, txnToken } = await agreed()
  const set = (cents: number) => house.data.pglite.query('update expenses set amount = $2 where id = $1', [id, cents])
  await set(amount - 1)
  const changed = { status: 403, code: 'invocation.resource-changed', secrets: [txnToken, id] }
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), changed)
  await set(amount)
  expect((await alice.call(TOOL, args, { txnToken })).status, 'it was not used up').toBe(200)
})

test(proves('edge:txn-token:other-call', 'expired, altered, not ours'), async () => {
  const { args, txnToken } = await agreed()
  const [header = '', payload = '', signature = ''] = txnToken.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const altered = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url')
  const tokens = [`${header}.${altered}.${signature}`, alice.accessToken, 'CANARY', `${txnToken}, ${txnToken}`]
  for (const sent of tokens) {
    await expectRefusal(house, () => alice.call(TOOL, args, { txnToken: sent }), { ...INVALID, secrets: [sent] })
  }
  // One that is not demanded is judged all the same.
  await expectRefusal(house, () => alice.call('listExpenses', {}, { txnToken: 'CANARY' }), INVALID)
  house.advance(61_000)
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), { ...INVALID, secrets: [txnToken] })
})

test(proves('edge:txn-token:other-call', 'several headers'), async () => {
  const { id, args, txnToken } = await agreed()

  for (const tokens of [
    [txnToken, txnToken],
    [txnToken, 'CANARY'],
  ]) {
    const refused = () => postRaw(alice, house, { name: TOOL, arguments: args }, { 'txn-token': tokens })
    await expectRefusal(house, refused, { ...INVALID, secrets: [txnToken, 'CANARY', id] })
  }
  expect((await alice.call(TOOL, args, { txnToken })).status).toBe(200)
})

test(proves('edge:txn-token:racers'), async () => {
  const { id, args, txnToken } = await agreed()
  const answers = await Promise.all(Array.from({ length: 12 }, () => alice.call(TOOL, args, { txnToken })))
  const told = answers.map(({ body }) => body.error?.data?.code ?? body.result?.structuredContent?.status)
  expect(told.filter((what) => what === 'approved')).toHaveLength(1)
  expect(told.filter((what) => what === REPLAYED.code || what === 'invocation.denied')).toHaveLength(11)
  const ran = answers.filter(({ trace }) => house.recorded(trace).some(({ step }) => step === 'execution'))
  expect(ran).toHaveLength(1)
  expect(await house.status(id)).toBe('approved')
})

test(proves('edge:relation-removed', 'T185'), async () => {
  const { args, txnToken, id } = await agreed()
  const meta = { 'lockstep/capability': await alice.capability(TOOL) }
  const unknown = { status: 200, code: 'discovery.tool-unknown', secrets: [txnToken, id] }
  const { pglite } = house.data
  await pglite.query("delete from department_managers where employee_id = 'user:alice'")
  try {
    expect((await alice.list()).map(({ name }) => name)).not.toContain(TOOL)
    await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), unknown)
    await expectRefusal(house, () => alice.call(TOOL, args, { txnToken, meta }), unknown)
    await expectRefusal(house, () => alice.call(TOOL, args, { meta }), unknown)
  } finally {
    await pglite.query("insert into department_managers values ('user:alice', 42)")
  }
  expect((await alice.call(TOOL, args, { txnToken, meta })).status, 'nothing was used up').toBe(200)
})

test(proves('edge:txn-token:other-call', 'the policy changed'), async () => {
  const { args, txnToken, id } = await agreed()
  const undo = await editPolicy(house, 'approve.cedar', (text) => text.replaceAll('500000', '499999'))
  const changed = { status: 403, code: 'invocation.policy-changed', secrets: [txnToken, id] }
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), changed)
  await undo()
  expect((await alice.call(TOOL, args, { txnToken })).status, 'it was not used up').toBe(200)
})

test(proves('edge:txn-token:still-true'), async () => {
  const { id, args, txnToken } = await agreed()
  const { data } = house
  late = async () => void (await data.pglite.query("update expenses set status = 'rejected' where id = $1", [id]))
  const answer = await alice.call(TOOL, args, { txnToken })
  late = async () => undefined
  expect(answer.body.result).toMatchObject({ isError: true })
  expect(answer.text).toContain('invocation.resource-changed')
  expect(await house.status(id)).toBe('rejected')
  expect(house.recorded(answer.trace).map(({ step, outcome }) => `${step} ${outcome}`)).toContain('execution denied')
})
