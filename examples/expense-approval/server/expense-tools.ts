import type { ToolDeclaration } from '@lockstep/core'

/** How each tool is decided on and released. Who may call it stands in `policies/`, not here. */
export const expenseTools: Readonly<Record<string, ToolDeclaration>> = {
  listExpenses: { output: { expenses: 'sql' } },
  getExpense: { resource: { type: 'Expense', argument: 'id' }, output: { expense: { entity: 'Expense' } } },
  approveExpense: {
    resource: { type: 'Expense', argument: 'invoiceId' },
    transaction: 'required',
    output: { invoiceId: 'public', status: 'public' },
  },
  queryExpenses: { output: { rows: 'sql' } },
  sendReport: { output: { sent: 'public' } },
}
