import { createHash } from 'node:crypto'
import type { PGlite } from '@electric-sql/pglite'
import {
  type EntityFact,
  type EntityRef,
  type Facts,
  LockstepError,
  type RelationshipSource,
  type Value,
} from '@lockstep/core'

/** What the tables say about one employee; `null` where they say nothing. */
interface Relationships {
  readonly department: number | null
  readonly approval_limit: number
  readonly roles: readonly string[]
  readonly manages: readonly number[]
  readonly co_approver_for: readonly number[]
}

const RELATIONSHIPS_OF = `
select
  (select department_id from public.employees where id = $1) as department,
  coalesce((select amount_cents from public.approval_limits where employee_id = $1), 0) as approval_limit,
  array(select role from public.role_members where employee_id = $1 order by role) as roles,
  array(select department_id from public.department_managers where employee_id = $1 order by department_id) as manages,
  array(select department_id from public.co_approvers where employee_id = $1 order by department_id) as co_approver_for`

/**
 * Reads relationships from the example's own tables, one statement for each call: nothing is cached, so a relation that is
 * removed is gone at the next question. The subject becomes a `User` with its roles as parents, the actor an `Agent`, and
 * every department that is named a `Department`. Somebody the tables do not know is a `User` with no role, no department and
 * a limit of 0. The revision is a digest of what was read, so it changes exactly when the subject's relations do.
 *
 * `load` rejects with LockstepError `policy.facts-unavailable` when the database does not answer.
 */
export function createExpenseRelationships(pglite: Pick<PGlite, 'query'>): RelationshipSource {
  return {
    async load({ subject, actor }): Promise<Facts> {
      const found = await read(pglite, subject.id)
      return {
        entities: [
          userOf(subject.id, found),
          ...(actor ? [{ type: 'Agent', id: actor.id, attributes: {}, parents: [] }] : []),
          ...departmentsOf(found),
        ],
        revision: revisionOf(found),
      }
    },
  }
}

async function read(pglite: Pick<PGlite, 'query'>, subject: string): Promise<Relationships> {
  try {
    const { rows } = await pglite.query<Relationships>(RELATIONSHIPS_OF, [subject])
    if (rows[0]) return rows[0]
  } catch {
    // Without its cause: a driver's error holds the statement and its parameters.
  }
  throw new LockstepError('policy.facts-unavailable')
}

function userOf(id: string, found: Relationships): EntityFact {
  return {
    type: 'User',
    id,
    attributes: {
      manages: setOf(found.manages),
      coApproverFor: setOf(found.co_approver_for),
      approvalLimit: found.approval_limit,
      ...(found.department !== null && { department: { entity: departmentRef(found.department) } }),
    },
    parents: found.roles.map((role) => ({ type: 'Role', id: role })),
  }
}

function departmentsOf({ department, manages, co_approver_for }: Relationships): readonly EntityFact[] {
  const ids = new Set([...(department === null ? [] : [department]), ...manages, ...co_approver_for])
  return [...ids].map((id) => ({ ...departmentRef(id), attributes: {}, parents: [] }))
}

function setOf(departments: readonly number[]): Value {
  return { set: departments.map((id) => ({ entity: departmentRef(id) })) }
}

function departmentRef(id: number): EntityRef {
  return { type: 'Department', id: String(id) }
}

function revisionOf({ department, approval_limit, roles, manages, co_approver_for }: Relationships): string {
  const read = JSON.stringify([department, approval_limit, roles, manages, co_approver_for])
  return createHash('sha256').update(read).digest('base64url')
}
