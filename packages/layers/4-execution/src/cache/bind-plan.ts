import type { LabelQuestion, RelationScope, ScopedStatement } from '@lockstep/core'
import { labelQuestions } from '../labels/label-questions.ts'
import type { ScopedRelation } from '../policy/scope-relation.ts'
import type { StatementPlan } from './statement-memory.ts'

/** A plan for one caller: the values of the tables follow the statement's own, in the order in which it names them. */
export function bindPlan(
  { text, labels }: StatementPlan,
  relations: readonly ScopedRelation[],
  parameters: readonly unknown[],
): ScopedStatement {
  // Plain loops: this runs for every statement, and iterators cost more than the rest of it.
  const bound = parameters.slice()
  const scopes: RelationScope[] = []
  const questions: LabelQuestion[] = []
  for (let index = 0; index < relations.length; index++) {
    const relation = relations[index]
    if (!relation) continue
    for (const value of relation.values) bound.push(value)
    scopes.push(relation.scope)
    const places = labels[index]
    if (places && places.length > 0) questions.push(...labelQuestions(relation, places))
  }
  return { text, parameters: bound, scopes, labels: questions }
}
