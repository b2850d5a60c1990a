import {
  type ActionContext,
  type DecisionPoint,
  type EntityDeclarations,
  isLockstepError,
  LockstepError,
  type OpenQuestion,
  type PolicyExplainer,
  type Residual,
  refuseUnknownOptions,
  uniteObligations,
} from '@lockstep/core'
import { applyStanding, type PermissionKind, type PolicyStanding, permissionKind, UNTOUCHED } from './apply-standing.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { createCedarEngine } from './cedar-engine.ts'
import { type ComparisonOptions, createComparedEngine } from './compared-engine.ts'
import { describePolicies } from './describe-policies.ts'
import { explainQuestion } from './explain-question.ts'
import { loadPolicies } from './load-policies.ts'
import { createLockstepEngine } from './lockstep-engine.ts'
import type { PolicyOptions } from './parse-policies.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import type { PolicyEngine } from './policy-engine.ts'
import { residualKey } from './residual-key.ts'
import { failedDecision } from './to-decision.ts'

/** Options of `createDecisionPoint`. */
export interface DecisionPointOptions extends PolicyOptions {
  /** The policy folder, with `schema.cedarschema` and `*.cedar`. */
  readonly folder: string
  /** How many residuals are kept. 0 keeps none. @defaultValue 1000 */
  readonly cachedResiduals?: number | undefined
  /**
   * What evaluates: the evaluator of our own, or cedar-wasm, which is the reference that it is held equal to.
   * @defaultValue `lockstep`
   */
  readonly engine?: 'lockstep' | 'cedar-wasm' | undefined
  /** Whether calls are asked about for their subjects alone. @defaultValue for their actors too */
  readonly actors?: 'any' | undefined
  /** Puts a fraction of the decisions to the other engine too, and denies where they disagree. @defaultValue not compared */
  readonly compare?: ComparisonOptions | undefined
}

/** A decision point over a policy folder. */
export interface PolicyDecisionPoint extends DecisionPoint, PolicyExplainer {
  readonly folder: string
  /** What the schema in force declares of entities. */
  readonly entities: EntityDeclarations
  /**
   * Loads the folder again; the next question is answered by what was loaded. When that fails the version in use stays.
   *
   * @returns whether the version changed
   * @throws LockstepError `policy.invalid`
   */
  reload(): boolean
  /**
   * Puts in force what operators said of the policy: from the next question on, revoked permissions permit nothing, and the version is another
   * one. Where that cannot be prepared every question is denied with `policy.evaluation-failed`.
   */
  stand(standing: PolicyStanding): void
  /** An action with every group that it is in; nothing for one that the schema does not declare. */
  within(action: string): readonly string[]
  /** What a permission is called after in the policies in force, revoked or not. */
  permission(id: string): PermissionKind
}

const NO_CONTEXT: ActionContext = { members: new Set() }

const OPTIONS = ['folder', 'obligations', 'principals', 'actors', 'cachedResiduals', 'engine', 'compare']

let points = 0

/**
 * Creates the decision point of a policy folder: loads, validates and prepares it.
 *
 * `decide` and `residual` are synchronous. With the engine `lockstep` they take microseconds; with `cedar-wasm` a decision takes tens to
 * hundreds of microseconds, and a residual that is not cached some milliseconds.
 *
 * @throws TypeError when an option is misused
 * @throws LockstepError `policy.invalid` when the folder holds no valid policy
 *
 * @example
 * ```ts
 * const point = createDecisionPoint({ folder: 'policies', obligations: { limit: { kind: 'integer', atLeast: 1 } } })
 * ```
 */
export function createDecisionPoint(options: DecisionPointOptions): PolicyDecisionPoint {
  checkOptions(options)
  const { folder, cachedResiduals = 1000 } = options
  const makeEngine = engineMaker(options)
  let written = loadPolicies(folder, options)
  let standing = UNTOUCHED
  let bundle = written
  let engine = makeEngine(bundle)
  const cache = createBoundedCache<Residual>(cachedResiduals)

  return {
    folder,
    actors: options.actors,
    get entities() {
      return bundle.entities
    },
    get version() {
      return bundle.version
    },
    contextOf(action) {
      return bundle.actions.get(action)?.told ?? NO_CONTEXT
    },
    blankEntity({ type, id }) {
      const attributes = bundle.blanks.get(type)
      return attributes && { type, id, attributes, parents: [] }
    },
    decide: (question) => engine.decide(question),
    explain: (question) => explainQuestion(question, bundle, engine.decide(question)),
    describe: () => describePolicies(bundle),
    residual(question) {
      const key = keyOf(question, bundle.version)
      const found = cache.get(key)
      if (found) return found
      const residual = freeze(residualOf(engine, question))
      cache.set(key, residual)
      return residual
    },
    reload() {
      const loaded = loadPolicies(folder, options)
      if (loaded.version === written.version) return false
      const next = applyStanding(loaded, standing)
      engine = makeEngine(next)
      written = loaded
      bundle = next
      cache.clear()
      return true
    },
    stand(said) {
      standing = said
      const next = applyStanding(written, standing)
      if (next.version === bundle.version) return
      bundle = next
      cache.clear()
      try {
        engine = makeEngine(next)
      } catch {
        // INVARIANT: what was revoked is never permitted by an engine that does not know it.
        engine = refusingEngine(next)
      }
    },
    within: (action) => [...(written.rules.actions.get(action)?.within ?? [])],
    permission: (id) => permissionKind(written, id),
  }
}

/**
 * Makes the engine for each version in turn. cedar-wasm can replace what was preparsed but never drop it, so versions alternate between
 * two slots: the version in use stays whole until the new one is complete.
 */
function engineMaker({ engine = 'lockstep', compare }: DecisionPointOptions): (bundle: PolicyBundle) => PolicyEngine {
  const name = `point-${++points}`
  let slot = 1
  const cedar = (bundle: PolicyBundle) => {
    const made = createCedarEngine(bundle, `${name}-${1 - slot}`)
    slot = 1 - slot
    return made
  }
  return (bundle) => {
    if (!compare) return engine === 'lockstep' ? createLockstepEngine(bundle) : cedar(bundle)
    const [own, reference] = [createLockstepEngine(bundle), cedar(bundle)]
    return engine === 'lockstep'
      ? createComparedEngine(own, reference, compare)
      : createComparedEngine(reference, own, compare)
  }
}

/** Stands in for an engine that could not be made: nothing is permitted. */
function refusingEngine(bundle: PolicyBundle): PolicyEngine {
  return {
    decide: () => failedDecision(bundle),
    residual() {
      throw new LockstepError('policy.evaluation-failed', 'the policy as it stands could not be prepared')
    },
  }
}

function residualOf(engine: PolicyEngine, question: OpenQuestion): Residual {
  try {
    return engine.residual(question)
  } catch (error) {
    if (isLockstepError(error)) throw error
    // A question of another shape that came through a cast.
    throw new LockstepError('policy.evaluation-failed', 'the question has another shape')
  }
}

function keyOf(question: OpenQuestion, version: string): string {
  try {
    return residualKey(question, version)
  } catch {
    // A bigint or a cycle that came through a cast.
    throw new LockstepError('policy.evaluation-failed', 'the question holds something that is no value')
  }
}

function checkOptions(options: DecisionPointOptions): void {
  refuseUnknownOptions(options, OPTIONS, 'createDecisionPoint()')
  if (typeof options.folder !== 'string' || options.folder === '') throw new TypeError('`folder` must be a path')
  const { obligations = {}, principals = {}, actors = 'any', cachedResiduals = 0 } = options
  uniteObligations(obligations)
  if (!Object.values(principals).every((fix) => typeof fix === 'string')) {
    throw new TypeError('`principals` must say, by type, what to do when none is permitted')
  }
  if (actors !== 'any') throw new TypeError('`actors` must be `any`')
  if (!Number.isSafeInteger(cachedResiduals) || cachedResiduals < 0) {
    throw new TypeError('`cachedResiduals` must be an integer of at least 0')
  }
  const { engine = 'lockstep', compare } = options
  if (!['lockstep', 'cedar-wasm'].includes(engine)) throw new TypeError('`engine` must be `lockstep` or `cedar-wasm`')
  if (compare !== undefined) checkComparison(compare)
}

function checkComparison(compare: ComparisonOptions): void {
  if (typeof compare !== 'object' || compare === null) throw new TypeError('`compare` must be an object')
  refuseUnknownOptions(compare, ['fraction', 'onDisagreement'], '`compare`')
  const { fraction, onDisagreement } = compare
  if (!(fraction > 0 && fraction <= 1)) throw new TypeError('`compare.fraction` must be more than 0 and at most 1')
  if (onDisagreement !== undefined && typeof onDisagreement !== 'function') {
    throw new TypeError('`compare.onDisagreement` must be a function')
  }
}

/** A cached residual is handed to many: nobody may change it. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}
