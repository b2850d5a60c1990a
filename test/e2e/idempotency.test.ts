import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACR_MFA } from '../../examples/expense-approval/authorization-server/assurance.ts'
import { editPolicy } from '../fixtures/expense/edit-policy.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { postRaw } from '../fixtures/expense/post-raw.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'

let house: ExpenseHouse
let alice: HouseAgent
/** Runs inside a handler, before its statement is sent. */
let beforeStatement = async () => {}
beforeAll(async () => {
  house = await openExpenseHouse({ beforeStatement: () => beforeStatement() })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

let keys = 0
/** A fresh invoice, approved once under a key. */
async function approved() {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const idempotencyKey = `key-${keys++}`
  const txnToken = await alice.txnToken(TOOL, args)
  const first = await alice.call(TOOL, args, { txnToken, idempotencyKey })
  expect(first.status).toBe(200)
  return { id, args, idempotencyKey, txnToken, first }
}

test(proves('edge:retry:same-answer'), async () => {
  const { id, args, idempotencyKey, txnToken, first } = await approved()
  expect(first.body.result?.structuredContent).toEqual({ invoiceId: id, status: 'approved' })
  const after = await house.effects()
  // With the token that is used up by now, and without any: the key is looked up before anything is consumed.
  for (const beside of [{ txnToken, idempotencyKey }, { idempotencyKey }]) {
    const again = await alice.call(TOOL, args, beside)
    expect(again.body).toEqual(first.body)
    const steps = house.recorded(again.trace).map(({ step, outcome, detail }) => ({ step, outcome, detail }))
    expect(steps.slice(1)).toEqual([{ step: 'response', outcome: 'completed', detail: { replayed: true } }])
  }
  const renumbered = await alice.post(
    { jsonrpc: '2.0', id: 'other', method: 'tools/call', params: { name: TOOL, arguments: args } },
    { 'idempotency-key': idempotencyKey },
  )
  expect(renumbered.body).toEqual({ ...first.body, id: 'other' })
  expect(await house.effects()).toBe(after)
})

test(proves('edge:retry:mismatch'), async () => {
  const { idempotencyKey, id } = await approved()
  const other = await house.invoice()
  const args = { invoiceId: other.id }
  const txnToken = await alice.txnToken(TOOL, args)
  const mismatch = {
    status: 422,
    code: 'invocation.idempotency-mismatch',
    secrets: [idempotencyKey, other.id, id, txnToken],
  }
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken, idempotencyKey }), mismatch)
  await expectRefusal(house, () => alice.call('getExpense', { id }, { idempotencyKey }), mismatch)
  expect((await alice.call(TOOL, args, { txnToken })).status, 'the token was not used up').toBe(200)
})

test(proves('edge:retry:racers'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const idempotencyKey = 'raced'
  const tokens = await Promise.all(Array.from({ length: 8 }, () => alice.txnToken(TOOL, args)))
  const answers = await Promise.all(tokens.map((txnToken) => alice.call(TOOL, args, { txnToken, idempotencyKey })))
  const ran = answers.filter(({ trace }) => house.recorded(trace).some(({ step }) => step === 'execution'))
  expect(ran).toHaveLength(1)
  const done = ran[0]?.body
  for (const { status, body, trace } of answers) {
    // Whoever came after it was done got its answer; whoever came before, and lost, is told to wait.
    if (status === 200) expect(body).toEqual(done)
    else {
      expect([status, body.error?.data?.code]).toEqual([409, 'invocation.in-progress'])
      expect(house.recorded(trace).at(-1)).toMatchObject({ outcome: 'denied', code: 'invocation.in-progress' })
    }
  }
  expect(await house.status(id)).toBe('approved')
})

test(proves('edge:retry:racers', 'while it runs'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const idempotencyKey = 'held-back'
  const [txnToken = '', ...others] = [
    await alice.txnToken(TOOL, args),
    await alice.txnToken(TOOL, args),
    await alice.txnToken(TOOL, args),
  ]
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const reached = new Promise<void>((resolve) => {
    beforeStatement = () => {
      resolve()
      return held
    }
  })
  const first = alice.call(TOOL, args, { txnToken, idempotencyKey })
  await reached
  beforeStatement = async () => {}
  for (const other of [txnToken, undefined, ...others]) {
    const told = await expectRefusal(house, () => alice.call(TOOL, args, { txnToken: other, idempotencyKey }), {
      status: 409,
      code: 'invocation.in-progress',
      secrets: [idempotencyKey, id],
    })
    expect(told.headers.get('retry-after')).toBe('1')
  }
  goOn()
  expect((await first).status).toBe(200)
  expect((await alice.call(TOOL, args, { idempotencyKey })).body).toEqual((await first).body)
})

test(proves('edge:retry:caller'), async () => {
  const { args, idempotencyKey } = await approved()
  const denied = { status: 403, code: 'invocation.denied', secrets: [idempotencyKey] }
  const otherKey = await house.agent('alice')
  await expectRefusal(house, () => otherKey.call(TOOL, args, { idempotencyKey }), denied)
  const bob = await house.agent('bob', { key: alice.key })
  const unknown = { status: 200, code: 'discovery.tool-unknown', secrets: [idempotencyKey] }
  await expectRefusal(house, () => bob.call(TOOL, args, { idempotencyKey }), unknown)
})

test(proves('edge:retry:authorized-again', 'the relation is gone'), async () => {
  const { args, idempotencyKey, id, first } = await approved()
  const { pglite } = house.data
  await pglite.query("delete from department_managers where employee_id = 'user:alice'")
  try {
    const gone = { status: 200, code: 'discovery.tool-unknown', secrets: [id, idempotencyKey] }
    await expectRefusal(house, () => alice.call(TOOL, args, { idempotencyKey }), gone)
    // She manages something else by now, so the tool is there; what she was told about department 42 is not.
    await pglite.query("insert into department_managers values ('user:alice', 7)")
    await expectRefusal(house, () => alice.call(TOOL, args, { idempotencyKey }), {
      status: 403,
      code: 'invocation.denied',
      secrets: [id, idempotencyKey],
    })
  } finally {
    await pglite.query("delete from department_managers where employee_id = 'user:alice'")
    await pglite.query("insert into department_managers values ('user:alice', 42)")
  }
  expect((await alice.call(TOOL, args, { idempotencyKey })).body, 'on the same authority').toEqual(first.body)
})

test(proves('edge:retry:authorized-again', 'rows that may not be read any more'), async () => {
  const strong = await house.agent('alice', { key: alice.key, acr: ACR_MFA })
  const idempotencyKey = 'rows'
  const rows = await strong.call('listExpenses', { limit: 3 }, { idempotencyKey })
  expect(rows.body.result?.structuredContent?.expenses).toHaveLength(3)
  expect((await strong.call('listExpenses', { limit: 3 }, { idempotencyKey })).body).toEqual(rows.body)

  const denied = { status: 403, code: 'invocation.denied', secrets: ['INV-'] }
  const again = () => strong.call('listExpenses', { limit: 3 }, { idempotencyKey })
  await expectRefusal(house, () => alice.call('listExpenses', { limit: 3 }, { idempotencyKey }), denied)
  const { pglite } = house.data
  await pglite.query("update employees set department_id = 7 where id = 'user:alice'")
  try {
    await expectRefusal(house, again, denied)
  } finally {
    await pglite.query("update employees set department_id = 42 where id = 'user:alice'")
  }
  const undo = await editPolicy(house, 'read.cedar', (text) => text.replaceAll('"auditor"', '"inspector"'))
  await expectRefusal(house, again, denied)
  await undo()
  expect((await again()).body).toEqual(rows.body)
})

test(proves('edge:retry:malformed'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const txnToken = await alice.txnToken(TOOL, args)
  const malformed = { status: 400, code: 'invocation.idempotency-key-invalid', secrets: ['CANARY', id] }
  for (const keys of [['CANARY one'], ['x'.repeat(257)], ['CANARY\u00e9'], [''], ['CANARY1', 'CANARY2']]) {
    const send = () =>
      postRaw(alice, house, { name: TOOL, arguments: args }, { 'txn-token': [txnToken], 'idempotency-key': keys })
    await expectRefusal(house, send, malformed)
  }
  const fits = await alice.call(TOOL, args, { txnToken, idempotencyKey: '~'.repeat(256) })
  expect(fits.status, 'the longest key').toBe(200)
})

test(proves('edge:retry:refused-unused'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const idempotencyKey = 'refused-first'
  const refusals = [
    [{}, 'invocation.txn-token-missing'],
    [{ txnToken: 'CANARY' }, 'invocation.txn-token-invalid'],
    [{ meta: { 'lockstep/capability': 'CANARY' } }, 'invocation.capability-invalid'],
  ] as const
  for (const [beside, code] of refusals) {
    const send = () => alice.call(TOOL, args, { ...beside, idempotencyKey })
    await expectRefusal(house, send, { status: 403, code, secrets: ['CANARY', id] })
  }
  const { txnToken: spent } = await approved()
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken: spent, idempotencyKey }), {
    status: 403,
    code: 'invocation.txn-params-mismatch',
  })
  const txnToken = await alice.txnToken(TOOL, args)
  expect((await alice.call(TOOL, args, { txnToken, idempotencyKey })).status).toBe(200)
  expect(await house.status(id)).toBe('approved')
})
