/** Who may do what, as rows of the relationship tables: the policy reads these and no list of permissions. */
export const RELATIONSHIPS = {
  role_members: [
    { employee_id: 'user:alice', role: 'finance' },
    { employee_id: 'user:bob', role: 'finance' },
    { employee_id: 'user:carol', role: 'finance' },
  ],
  department_managers: [{ employee_id: 'user:alice', department_id: 42 }],
  co_approvers: [{ employee_id: 'user:bob', department_id: 42 }],
  approval_limits: [
    { employee_id: 'user:alice', amount_cents: 500_000 },
    { employee_id: 'user:bob', amount_cents: 500_000 },
    { employee_id: 'user:carol', amount_cents: 0 },
  ],
} as const
