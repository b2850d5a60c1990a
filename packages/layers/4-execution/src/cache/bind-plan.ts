import type { LabelQuestion, StatementScope } from '@lockstep/core'
import { labelQuestions } from '../labels/label-questions.ts'
import type { ScopedRelation } from '../policy/scope-relation.ts'
import type { StatementPlan } from './statement-memory.ts'

/** A plan for the tables as one caller may see them. */
export interface BoundPlan {
  readonly text: string
  readonly relations: readonly ScopedRelation[]
  /** What follows the statement's own parameters, in the order in which it names its tables. */
  readonly values: readonly unknown[]
  readonly scopes: readonly StatementScope[]
  readonly labels: readonly LabelQuestion[]
}

/** Binds a plan to the tables that it asked about. */
export function bindPlan({ text, labels, barriers }: StatementPlan, relations: readonly ScopedRelation[]): BoundPlan {
  return {
    text,
    relations,
    values: relations.flatMap(({ values }) => values),
    scopes: relations.map(({ scope }, index) => ({ ...scope, barrier: barriers[index] ?? 'fence' })),
    labels: relations.flatMap((relation, index) => labelQuestions(relation, labels[index] ?? [])),
  }
}
