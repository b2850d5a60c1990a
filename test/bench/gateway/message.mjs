/** The message of every request: a tool call with 0.7 kB of arguments. */
export const ARGUMENTS = {
  department: 42,
  currency: 'EUR',
  includeArchived: false,
  columns: ['id', 'employee', 'amount', 'category', 'status', 'submittedAt'],
  filters: Array.from({ length: 6 }, (_, index) => ({
    field: `attribute-${index}`,
    operator: 'greaterThanOrEqual',
    value: 1_000 + index,
    note: 'Übersicht der Spesen',
  })),
}

export const TOOL = 'listExpenses'
export const MESSAGE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: TOOL, arguments: ARGUMENTS },
}
