import { defineTables } from '@lockstep/core'

/** Which table is which entity, and which column which attribute and field class. Amounts are in cents. */
export default defineTables({
  'public.expenses': {
    entity: 'Expense',
    key: 'id',
    columns: {
      id: { type: 'text' },
      dept_id: { type: 'integer', attribute: 'dept', entity: 'Department' },
      employee_id: { type: 'text', attribute: 'employee', entity: 'User' },
      vendor: { type: 'text' },
      category: { type: 'text' },
      amount: { type: 'bigint', attribute: 'amount' },
      currency: { type: 'text' },
      iban: { type: 'text', class: 'bank', mask: { kind: 'last', keep: 4 } },
      status: { type: 'text', attribute: 'status' },
      confidential: { type: 'boolean', attribute: 'confidential' },
      investigation_note: { type: 'text', class: 'confidential' },
      submitted_on: { type: 'date' },
    },
    labels: { confidential: { column: 'confidential' } },
  },
  'public.departments': {
    entity: 'Department',
    key: 'id',
    columns: {
      id: { type: 'integer' },
      name: { type: 'text' },
    },
  },
  'public.employees': {
    entity: 'Employee',
    key: 'id',
    columns: {
      id: { type: 'text' },
      name: { type: 'text' },
      department_id: { type: 'integer', attribute: 'department', entity: 'Department' },
      salary: { type: 'bigint', class: 'payroll' },
    },
  },
})
