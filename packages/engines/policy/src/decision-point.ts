import {
  type ActionContext,
  type DecisionPoint,
  LockstepError,
  type OpenQuestion,
  type Residual,
  refuseUnknownOptions,
} from '@lockstep/core'
import { askResidual } from './ask-residual.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { cedarGeneration } from './cedar.ts'
import { decide } from './decide.ts'
import { loadPolicies } from './load-policies.ts'
import type { PolicyOptions } from './parse-policies.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import { type PreparedPolicies, preparePolicies } from './prepared-policies.ts'
import { residualKey } from './residual-key.ts'

/** Options of `createDecisionPoint`. */
export interface DecisionPointOptions extends PolicyOptions {
  /** The policy folder, with `schema.cedarschema` and `*.cedar`. */
  readonly folder: string
  /** How many residuals are kept. 0 keeps none. @defaultValue 1000 */
  readonly cachedResiduals?: number | undefined
}

/** A decision point over a policy folder. */
export interface PolicyDecisionPoint extends DecisionPoint {
  readonly folder: string
  /**
   * Loads the folder again; the next question is answered by what was loaded. When that fails the version in use stays.
   *
   * @returns whether the version changed
   * @throws LockstepError `policy.invalid`
   */
  reload(): boolean
}

const NO_CONTEXT: ActionContext = { members: new Set() }

const OPTIONS = ['folder', 'obligations', 'epoch', 'cachedResiduals']

let points = 0

/**
 * Creates the decision point of a policy folder: loads, validates and prepares it.
 *
 * `decide` and `residual` are synchronous and take tens to hundreds of microseconds; a residual that is not cached takes some
 * milliseconds.
 *
 * @throws TypeError when an option is misused
 * @throws LockstepError `policy.invalid` when the folder holds no valid policy
 *
 * @example
 * ```ts
 * const point = createDecisionPoint({ folder: 'policies', obligations: ['limit'] })
 * ```
 */
export function createDecisionPoint(options: DecisionPointOptions): PolicyDecisionPoint {
  checkOptions(options)
  const { folder, cachedResiduals = 1000 } = options
  const name = `point-${++points}`
  let slot = 0
  const prepare = (bundle: PolicyBundle) => preparePolicies(bundle, `${name}-${slot}`)
  let prepared = prepare(loadPolicies(folder, options))
  const cache = createBoundedCache<Residual>(cachedResiduals)

  /** What was preparsed into an engine that broke is prepared again in the new one. */
  function current(): PreparedPolicies {
    if (prepared.generation !== cedarGeneration()) prepared = prepare(prepared.bundle)
    return prepared
  }

  return {
    folder,
    get version() {
      return prepared.bundle.version
    },
    contextOf(action) {
      return prepared.bundle.actions.get(action)?.told ?? NO_CONTEXT
    },
    blankEntity({ type, id }) {
      const attributes = prepared.bundle.blanks.get(type)
      return attributes && { type, id, attributes, parents: [] }
    },
    decide(question) {
      try {
        return decide(question, current())
      } catch {
        const policyVersion = prepared.bundle.version
        return { effect: 'deny', policies: [], refused: 'subject', code: 'policy.evaluation-failed', policyVersion }
      }
    },
    residual(question) {
      const key = keyOf(question, prepared.bundle.version)
      const found = cache.get(key)
      if (found) return found
      const residual = freeze(askResidual(question, current()))
      cache.set(key, residual)
      return residual
    },
    reload() {
      const bundle = loadPolicies(folder, options)
      if (bundle.version === prepared.bundle.version) return false
      slot = 1 - slot
      try {
        prepared = prepare(bundle)
      } catch (error) {
        slot = 1 - slot
        throw error
      }
      cache.clear()
      return true
    },
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
  const { obligations = [], epoch = 0, cachedResiduals = 0 } = options
  if (!Array.isArray(obligations) || !obligations.every((name) => /^[a-z][a-z0-9_]*$/.test(name) && name !== 'id')) {
    throw new TypeError('`obligations` must be annotation names other than `id`')
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new TypeError('`epoch` must be an integer of at least 0')
  if (!Number.isSafeInteger(cachedResiduals) || cachedResiduals < 0) {
    throw new TypeError('`cachedResiduals` must be an integer of at least 0')
  }
}

/** A cached residual is handed to many: nobody may change it. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}
