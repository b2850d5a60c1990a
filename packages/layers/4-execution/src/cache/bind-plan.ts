import type { LabelQuestion, StatementScope, WrittenAs } from '@lockstep/core'
import { labelQuestions } from '../labels/label-questions.ts'
import type { ScopedAccess } from '../policy/relation-scopes.ts'
import type { StatementPlan } from './statement-memory.ts'

/** A plan for the tables as one caller may see them. */
export interface BoundPlan {
  readonly text: string
  readonly write?: WrittenAs | undefined
  readonly isSteady: boolean
  readonly relations: readonly ScopedAccess[]
  /** What follows the statement's own parameters, in the order in which it names its tables. */
  readonly values: readonly unknown[]
  readonly scopes: readonly StatementScope[]
  readonly labels: readonly LabelQuestion[]
}

/** Binds a plan to the tables that it asked about. */
export function bindPlan(plan: StatementPlan, relations: readonly ScopedAccess[]): BoundPlan {
  const { text, write, kept, labels, barriers, isSteady } = plan
  const values = relations.flatMap((relation) => relation.values)
  return {
    text,
    ...(write && { write }),
    isSteady,
    relations,
    values: kept ? kept.map((index) => values[index]) : values,
    scopes: relations.map(({ scope }, index) => ({ ...scope, barrier: barriers[index] ?? 'fence' })),
    labels: relations.flatMap((relation, index) =>
      relation.access === 'read' ? labelQuestions(relation, labels[index] ?? []) : [],
    ),
  }
}
