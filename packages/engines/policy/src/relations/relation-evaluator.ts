import type { RelationTuple } from '@lockstep/core'
import { type CheckLimits, createCheckRun, visit } from './check-run.ts'
import { compileRelations } from './compile-relations.ts'
import { fitTuple, readKnownUser, relationOf } from './fit-tuple.ts'
import { listObjects } from './list-objects.ts'
import { listUsers, type UserFilter } from './list-users.ts'
import type { RelationModel } from './relation-model.ts'
import { RelationRejection } from './relation-rejection.ts'
import { createReverseEdges } from './reverse-edges.ts'
import { YES } from './truth.ts'
import { createTupleIndex, type TupleIndex } from './tuple-index.ts'
import { readObject } from './tuple-text.ts'

/** What may stand beside a question: tuples that are there for this question alone. */
export interface QuestionTuples {
  readonly contextualTuples?: readonly RelationTuple[] | undefined
}

/**
 * Answers questions about relations from an indexed set of tuples, at once. Every method throws RelationRejection: `malformed`, `type-unknown` or
 * `relation-unknown` for a question that the model does not know, `not-assignable` for a contextual tuple that does not fit it, and
 * `too-complex`.
 */
export interface RelationEvaluator {
  /** Whether a user is in a relation to an object. */
  check(question: RelationTuple & QuestionTuples): boolean
  /** The objects of a type that a user is in a relation to, sorted. */
  listObjects(
    question: { readonly user: string; readonly relation: string; readonly type: string } & QuestionTuples,
  ): readonly string[]
  /** The users of a kind that are in a relation to an object, sorted. `user:*` stands for everybody of a type. */
  listUsers(
    question: { readonly object: string; readonly relation: string; readonly filter: UserFilter } & QuestionTuples,
  ): readonly string[]
}

const MOST_CONTEXTUAL = 100

/** Creates an evaluator of a model over tuples. */
export function createRelationEvaluator(
  model: RelationModel,
  index: TupleIndex,
  limits: CheckLimits,
): RelationEvaluator {
  const { types } = model
  const relations = compileRelations(types)
  const edges = createReverseEdges(types)
  const stored = [index]
  const newBudget = () => ({ left: limits.steps, depth: limits.depth })

  function indexesWith(given: readonly RelationTuple[] = []): readonly TupleIndex[] {
    if (given.length === 0) return stored
    if (given.length > MOST_CONTEXTUAL) {
      throw new RelationRejection('too-complex', `expected at most ${MOST_CONTEXTUAL} contextual tuples`)
    }
    for (const tuple of given) fitTuple(types, tuple)
    const beside = createTupleIndex(types)
    beside.apply({ written: given, removed: [] })
    return [index, beside]
  }

  return {
    check({ user, relation, object, contextualTuples }) {
      const { type } = readObject(object)
      relationOf(types, type, relation)
      readKnownUser(types, user)
      const compiled = relations.of(type, relation)
      return (
        !!compiled && visit(createCheckRun(user, indexesWith(contextualTuples), newBudget()), compiled, object) === YES
      )
    },
    listObjects({ user, relation, type, contextualTuples }) {
      relationOf(types, type, relation)
      readKnownUser(types, user)
      const indexes = indexesWith(contextualTuples)
      return listObjects({ relations, edges, indexes, budget: newBudget() }, { user, relation, type })
    },
    listUsers({ object, relation, filter, contextualTuples }) {
      relationOf(types, readObject(object).type, relation)
      readKnownUser(types, `${filter.type}:any${filter.relation === undefined ? '' : `#${filter.relation}`}`)
      const indexes = indexesWith(contextualTuples)
      return listUsers({ relations, indexes, budget: newBudget(), types }, { object, relation, filter })
    },
  }
}
