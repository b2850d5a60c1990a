import type { JsonObject } from '@lockstep/core'
import { createSigningKey, signJwt } from '@lockstep/tokens'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse, PLANNER } from '../fixtures/expense/expense-house.ts'
import type { HouseAgent } from '../fixtures/expense/house-agent.ts'
import { proves } from '../requirements/index.ts'

const TOOL = 'approveExpense'
const AUDIENCE = `spiffe://expense.example/tools/${TOOL}`
const ISSUER = 'https://legacy-tts.example.org'
const key = await createSigningKey()

let house: ExpenseHouse
let alice: HouseAgent
beforeAll(async () => {
  house = await openExpenseHouse({
    configuration: {
      legacyTransactions: {
        issuer: ISSUER,
        jwks: { keys: [{ ...key.publicJwk, kid: key.thumbprint }] },
        audiences: { [TOOL]: AUDIENCE },
        subjectIssuer: 'https://issuer.test',
      },
    },
  })
  alice = await house.agent('alice')
})
afterAll(() => house.close())

function sign(args: JsonObject, change: JsonObject = {}, type = 'mcp-txn+jwt') {
  const iat = Math.floor(house.clock() / 1000)
  const own = { iss: ISSUER, sub: 'user:alice', actor: PLANNER, aud: AUDIENCE, iat, exp: iat + 60 }
  const cap = { tool: TOOL, arguments: args, uses: 1 }
  return signJwt(key, type, { ...own, jti: crypto.randomUUID(), cnf: { jkt: alice.key.thumbprint }, cap, ...change })
}

test(proves('edge:txn-token:legacy'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const txnToken = await sign(args)
  expect((await alice.call(TOOL, args, { txnToken })).status).toBe(200)
  expect(await house.status(id)).toBe('approved')
  await house.data.pglite.query("update expenses set status = 'submitted' where id = $1", [id])
  const replayed = { status: 403, code: 'invocation.txn-token-replayed', secrets: [txnToken] }
  await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), replayed)
})

test(proves('edge:txn-token:legacy', 'refused, and the policy has the last word'), async () => {
  const { id } = await house.invoice()
  const args = { invoiceId: id }
  const invalid = { status: 403, code: 'invocation.txn-token-invalid' }
  const forged = [
    await sign(args, { cnf: { mtls: true } }),
    await sign(args, { cap: { tool: TOOL, arguments: args, uses: 2 } }),
    await sign(args, { aud: 'expense.example' }),
    await sign(args, {}, 'txntoken+jwt'),
  ]
  for (const txnToken of forged) {
    await expectRefusal(house, () => alice.call(TOOL, args, { txnToken }), { ...invalid, secrets: [txnToken] })
  }
  const other = await house.invoice()
  const good = await sign(args)
  await expectRefusal(house, () => alice.call(TOOL, { invoiceId: other.id }, { txnToken: good }), {
    status: 403,
    code: 'invocation.txn-params-mismatch',
  })
  const dear = await house.invoice(620_000)
  const beyond = await sign({ invoiceId: dear.id })
  const refused = await alice.call(TOOL, { invoiceId: dear.id }, { txnToken: beyond })
  expect(refused.status, 'above the limit it asks for a stronger sign-in').toBe(401)
  expect(await house.status(dear.id)).toBe('submitted')
  expect((await alice.call(TOOL, args, { txnToken: good })).status, 'no refusal used it up').toBe(200)
})
