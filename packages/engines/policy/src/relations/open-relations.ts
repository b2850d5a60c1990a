import {
  LockstepError,
  type RelationTuple,
  type RelationTuples,
  refuseUnknownOptions,
  type TupleChange,
} from '@lockstep/core'
import { fitTuple } from './fit-tuple.ts'
import { createRelationEvaluator, type RelationEvaluator } from './relation-evaluator.ts'
import type { RelationModel } from './relation-model.ts'
import { RelationRejection } from './relation-rejection.ts'
import { shareRefresh } from './share-refresh.ts'
import { createTupleIndex } from './tuple-index.ts'
import { readObject, readUser } from './tuple-text.ts'

/** Bounds of {@link openRelations}. */
export interface RelationLimits {
  /** Relations that are asked one inside the other. @defaultValue 100 */
  readonly depth?: number | undefined
  /** Relations and tuples that one question may look at. @defaultValue 100000 */
  readonly steps?: number | undefined
  /** Tuples that are held in memory; with more, every question is refused. @defaultValue 1000000 */
  readonly tuples?: number | undefined
}

/** Options of {@link openRelations}. */
export interface RelationsOptions {
  readonly model: RelationModel
  /** Where tuples are kept. */
  readonly tuples: RelationTuples
  readonly limits?: RelationLimits | undefined
}

/** The tuples of one moment, and who is in which relation by them. Of use only until the function that was given it returns. */
export interface RelationsNow extends RelationEvaluator {
  /** The model's id and the revision of the tuples. */
  readonly revision: string
  /** Every tuple, in no order; also those that the model does not allow and that count for nothing. */
  tuples(): Iterable<RelationTuple>
}

/** An OpenFGA model over tuples that are kept in the state. */
export interface Relations {
  readonly model: RelationModel
  /**
   * Reads what changed in the state, by whatever process, and then asks. So what was committed before is seen, and everything that `question` asks
   * is answered of one moment. Rejects with what `question` throws (RelationRejection), with `state.unavailable`, or with
   * `policy.facts-too-large` for more tuples than are held.
   */
  ask<Answer>(question: (now: RelationsNow) => Answer): Promise<Answer>
  /**
   * Changes tuples, all or nothing, and resolves to the revision from which on the change counts, in this process and in any other. Rejects with
   * RelationRejection for a tuple to write that does not fit the model, one that is there, one to delete that is not, and a full store.
   */
  change(change: TupleChange): Promise<string>
}

const DEFAULTS = { depth: 100, steps: 100_000, tuples: 1_000_000 }
/** What a JavaScript stack takes with room to spare. */
const MOST_DEPTH = 500

/**
 * Opens a model over tuples. The tuples are held in memory, indexed, and brought up to date before every question by what changed since: one
 * small statement when nothing did.
 *
 * @throws TypeError for options that cannot be meant
 */
export function openRelations(options: RelationsOptions): Relations {
  const { model, tuples, limits } = checkOptions(options)
  const index = createTupleIndex(model.types)
  const evaluator = createRelationEvaluator(model, index, limits)
  let revision = 0
  const named = (number: number) => `${model.id}:${number}`

  const refresh = shareRefresh(async () => {
    const delta = await tuples.since(revision)
    if (delta.revision === revision && !delta.whole) return
    const size = delta.whole ? 0 : index.size - delta.removed.length
    if (size + delta.written.length > limits.tuples) throw new LockstepError('policy.facts-too-large')
    // Nothing waits from here on, so nobody sees half of it.
    if (delta.whole) index.clear()
    index.apply(delta)
    revision = delta.revision
  })

  const now: RelationsNow = {
    ...evaluator,
    get revision() {
      return named(revision)
    },
    tuples: () => index.tuples(),
  }

  return {
    model,
    async ask(question) {
      await refresh()
      return question(now)
    },
    async change(change) {
      for (const tuple of change.writes ?? []) fitTuple(model.types, tuple)
      for (const { user, object } of change.deletes ?? []) {
        readUser(user)
        readObject(object)
      }
      const outcome = await tuples.change(change)
      if (!outcome.ok) throw new RelationRejection(outcome.reason, REFUSED[outcome.reason])
      return named(outcome.revision)
    },
  }
}

const REFUSED = {
  duplicate: 'a tuple to write is there already',
  missing: 'a tuple to delete is not there',
  full: 'the store takes no more tuples',
} as const

function checkOptions(options: RelationsOptions) {
  const where = 'openRelations()'
  refuseUnknownOptions(options, ['model', 'tuples', 'limits'], where)
  const { model, tuples, limits: given = {} } = options
  if (typeof tuples?.change !== 'function' || typeof tuples.since !== 'function') {
    throw new TypeError(`${where}: \`tuples\` must be the \`relations\` of a state`)
  }
  if (!(model?.types instanceof Map)) throw new TypeError(`${where}: \`model\` must come from readRelationModel()`)
  refuseUnknownOptions(given, Object.keys(DEFAULTS), where)
  const limits = {
    depth: given.depth ?? DEFAULTS.depth,
    steps: given.steps ?? DEFAULTS.steps,
    tuples: given.tuples ?? DEFAULTS.tuples,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`${where}: \`${name}\` must be a positive integer`)
  }
  if (limits.depth > MOST_DEPTH) throw new TypeError(`${where}: \`depth\` must be at most ${MOST_DEPTH}`)
  return { model, tuples, limits }
}
