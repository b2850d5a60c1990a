import { createCedarEngine } from './cedar-engine.ts'
import { createComparedEngine } from './compared-engine.ts'
import type { DecisionPointOptions } from './decision-point-options.ts'
import { createLockstepEngine } from './lockstep-engine.ts'
import type { PolicyBundle } from './policy-bundle.ts'
import type { PolicyEngine } from './policy-engine.ts'

let points = 0

/**
 * Makes the engine for each version in turn. cedar-wasm can replace what was preparsed but never drop it, so versions alternate between
 * two slots: the version in use stays whole until the new one is complete.
 */
export function engineMaker({
  engine = 'lockstep',
  compare,
}: DecisionPointOptions): (bundle: PolicyBundle) => PolicyEngine {
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
