import type { Generated } from 'kysely'

/** The example's tables, as Kysely types them. Amounts are in cents. */
export interface ExpenseDatabase {
  readonly expenses: {
    readonly id: string
    readonly dept_id: number
    readonly employee_id: string
    readonly vendor: string
    readonly category: string
    readonly amount: number
    readonly currency: string
    readonly iban: string
    readonly status: Generated<'submitted' | 'approved' | 'rejected' | 'paid'>
    readonly confidential: boolean
    readonly investigation_note: string | null
    readonly submitted_on: string
  }
  readonly departments: { readonly id: number; readonly name: string }
  readonly employees: {
    readonly id: string
    readonly name: string
    readonly department_id: number
    readonly salary: number
  }
}
