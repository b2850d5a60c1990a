import { refuseUnknownOptions, uniteObligations } from '@lockstep/core'
import type { ComparisonOptions } from './compared-engine.ts'
import type { LoadingBounds } from './parse-apart.ts'
import type { PolicyOptions } from './parse-policies.ts'

/** Options of `createDecisionPoint` and `openDecisionPoint`. */
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
  /** What one load may take, for a point that is opened. */
  readonly loading?: LoadingBounds | undefined
  /** Puts a fraction of the decisions to the other engine too, and denies where they disagree. @defaultValue not compared */
  readonly compare?: ComparisonOptions | undefined
}

const OPTIONS = ['folder', 'obligations', 'principals', 'actors', 'cachedResiduals', 'engine', 'compare', 'loading']

/** Checks them at construction. Throws `TypeError` for what is misused. */
export function checkPointOptions(options: DecisionPointOptions): void {
  refuseUnknownOptions(options, OPTIONS, 'the decision point')
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
  checkLoading(options.loading ?? {})
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

function checkLoading(loading: LoadingBounds): void {
  if (typeof loading !== 'object' || loading === null) throw new TypeError('`loading` must be an object')
  refuseUnknownOptions(loading, ['milliseconds', 'megabytes'], '`loading`')
  const { milliseconds = 1, megabytes = 1 } = loading
  if (![milliseconds, megabytes].every((bound) => Number.isSafeInteger(bound) && bound > 0)) {
    throw new TypeError('`loading` must hold integers above 0')
  }
}
