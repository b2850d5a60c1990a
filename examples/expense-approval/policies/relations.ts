import { defineRelations } from '@lockstep/core'

/** Who may do what, from the tables that the house has anyway: one row, one relation. */
export default defineRelations({
  User: {
    attributes: {
      department: { view: 'public.employees', key: 'id', column: 'department_id' },
      approvalLimit: { view: 'public.approval_limits', key: 'employee_id', column: 'amount_cents', otherwise: 0 },
      manages: { view: 'public.department_managers', key: 'employee_id', column: 'department_id' },
      coApproverFor: { view: 'public.co_approvers', key: 'employee_id', column: 'department_id' },
    },
    parents: {
      Role: { view: 'public.role_members', key: 'employee_id', column: 'role' },
    },
  },
})
