import { defineExpectations, type PolicyExpectation } from '@lockstep/testing'

const planner = 'spiffe://expense.example/agents/planner-42'
const pwd = 'urn:expense:acr:pwd'
const mfa = 'urn:expense:acr:mfa'
const department = (id: string) => ({ entity: { type: 'Department', id } })

/** An invoice that is stored as somebody says, so that no row of the table depends on the data. */
const invoice = (amount: number, over: { readonly dept?: string; readonly status?: string } = {}) => ({
  type: 'Expense',
  id: 'INV-1',
  attributes: {
    dept: department(over.dept ?? '42'),
    amount,
    status: over.status ?? 'submitted',
    employee: { entity: { type: 'User', id: 'user:erin' } },
    confidential: false,
  },
})

const approval = (name: string, over: Partial<PolicyExpectation> & Pick<PolicyExpectation, 'expect'>) => ({
  name,
  subject: 'user:alice',
  actor: planner,
  tool: 'approveExpense',
  arguments: { invoiceId: 'INV-1' },
  acr: pwd,
  given: { resource: invoice(480_000) },
  ...over,
})

const report = (name: string, over: Partial<PolicyExpectation> & Pick<PolicyExpectation, 'expect'>) => ({
  name,
  subject: 'user:alice',
  actor: planner,
  tool: 'sendReport',
  arguments: { to: 'audit@expense.example', text: 'Q3' },
  acr: mfa,
  ...over,
})

/** What the policies of this folder must decide. The people are those of the data; the invoices stand here. */
export default defineExpectations([
  approval('a manager approves within the limit', {
    expect: { effect: 'permit', policies: ['manager-approves', 'planner-acts'] },
  }),
  approval('a higher amount needs a second factor and a second person', {
    given: { resource: invoice(620_000) },
    expect: { effect: 'deny', stepUp: { acr: mfa, approval: true } },
  }),
  approval('with the second factor only the second person is missing', {
    acr: mfa,
    given: { resource: invoice(620_000) },
    expect: { effect: 'deny', stepUp: { approval: true } },
  }),
  approval('above everything nobody approves', {
    acr: mfa,
    given: { resource: invoice(2_000_001) },
    expect: { effect: 'deny', stepUp: null },
  }),
  approval('another department is not hers', {
    given: { resource: invoice(480_000, { dept: '7' }) },
    expect: { effect: 'deny', refused: 'subject', stepUp: null },
  }),
  approval('what is approved is not approved again', {
    given: { resource: invoice(480_000, { status: 'approved' }) },
    expect: 'deny',
  }),
  approval('a token that is bound to no key approves nothing', {
    proof: 'bearer',
    expect: { effect: 'deny', policies: ['bearer-never-approves'] },
  }),
  approval('another agent does not approve, whoever it acts for', {
    actor: 'spiffe://expense.example/agents/other',
    expect: { effect: 'deny', refused: 'actor' },
  }),
  {
    name: 'any agent lists for an employee',
    subject: 'user:dave',
    actor: 'spiffe://expense.example/agents/other',
    tool: 'listExpenses',
    expect: { effect: 'permit', policies: ['employee-lists', 'any-agent-looks'] },
  },
  report('a report needs a second factor', { acr: pwd, expect: { effect: 'deny', stepUp: { acr: mfa } } }),
  report('with it a report may be sent', { expect: 'permit' }),
  report('after confidential data a report stays in the house', {
    labels: ['confidential'],
    arguments: { to: 'somebody@elsewhere.example', text: 'Q3' },
    expect: { effect: 'deny', policies: ['no-external-send-after-confidential'], stepUp: null },
  }),
])
