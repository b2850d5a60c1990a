import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expenseTools } from '../../examples/expense-approval/server/expense-tools.ts'
import { expectRefusal } from '../fixtures/expense/expect-refusal.ts'
import { type ExpenseHouse, openExpenseHouse } from '../fixtures/expense/expense-house.ts'
import { proves } from '../requirements/index.ts'

const OPERATION = ['mcp:use', 'expenses:approve', 'expenses:write']

describe('scopes of a tool', () => {
  let house: ExpenseHouse
  beforeAll(async () => {
    house = await openExpenseHouse({
      configuration: {
        scopes: ['mcp:use'],
        tools: {
          ...expenseTools,
          approveExpense: { ...expenseTools.approveExpense, scopes: ['expenses:approve', 'expenses:write'] },
        },
      },
    })
  })
  afterAll(() => house.close())

  const challenge = () => {
    const { origin } = new URL(house.resource)
    return (
      `DPoP error="insufficient_scope", error_description="the token lacks a scope", scope="${OPERATION.join(' ')}", ` +
      `algs="ES256 EdDSA", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`
    )
  }

  test(proves('admission:scopes:tool'), async () => {
    const invoice = await house.invoice()
    const some = await house.agent('alice', { scopes: ['mcp:use', 'expenses:approve'] })
    const refused = await expectRefusal(house, () => some.call('approveExpense', { invoiceId: invoice.id }), {
      status: 403,
      code: 'gateway.scope-insufficient',
      secrets: [invoice.id],
    })
    expect(refused.headers.get('www-authenticate')).toBe(challenge())
    expect(refused.body.error?.data).toMatchObject({ unlock: { scopes: OPERATION } })
    // What needs no further scope is not withheld.
    expect((await some.call('listExpenses', {})).status).toBe(200)
    const all = await house.agent('alice', { scopes: OPERATION })
    const txnToken = await all.txnToken('approveExpense', { invoiceId: invoice.id })
    expect((await all.call('approveExpense', { invoiceId: invoice.id }, { txnToken })).status).toBe(200)
    expect(await house.status(invoice.id)).toBe('approved')
  })

  test(proves('admission:scopes:tool', 'a tool that the caller may not see stays unknown'), async () => {
    const dave = await house.agent('dave', { scopes: ['mcp:use'] })
    const unknown = await dave.call('nothing', {})
    const hidden = await dave.call('approveExpense', { invoiceId: 'INV-8831' })
    expect({ status: hidden.status, text: hidden.text }).toEqual({ status: unknown.status, text: unknown.text })
    expect(hidden.headers.get('www-authenticate')).toBeNull()
  })

  test(proves('admission:scopes:exchange'), async () => {
    const invoice = await house.invoice()
    const some = await house.agent('alice', { scopes: ['mcp:use', 'expenses:approve'] })
    const refused = await expectRefusal(house, () => some.exchange('approveExpense', { invoiceId: invoice.id }), {
      status: 403,
      code: 'gateway.scope-insufficient',
    })
    expect(refused.headers.get('www-authenticate')).toBe(challenge())
    expect(refused.body).not.toHaveProperty('access_token')
  })
})
