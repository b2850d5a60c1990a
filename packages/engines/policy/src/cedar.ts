import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { LockstepError } from '@lockstep/core'

/** The functions of cedar-wasm. This folder is the only one that names that package. */
export type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs')

const ENTRY = '@cedar-policy/cedar-wasm/nodejs'
const require = createRequire(import.meta.url)

let instance: Cedar | undefined
let generation = 0

/**
 * Calls cedar-wasm. The module is loaded at the first call, which takes about a tenth of a second.
 *
 * An exception that leaves WebAssembly leaves its memory and stack in an unknown state, and every later answer in doubt. The
 * instance is therefore thrown away, and the next call loads a new one; what was preparsed into the old one is gone, which the
 * generation tells.
 *
 * @param call one call into the module and nothing else
 * @throws LockstepError `policy.evaluation-failed` when the module threw
 */
export function callCedar<T>(call: (cedar: Cedar) => T): T {
  instance ??= load()
  try {
    return call(instance)
  } catch (cause) {
    instance = undefined
    generation += 1
    // The module's own message may quote its input, so neither it nor the cause is passed on.
    const name = cause instanceof Error ? cause.name : 'unknown'
    throw new LockstepError('policy.evaluation-failed', `the policy engine failed (${name}) and is loaded afresh`)
  }
}

/** Changes whenever the module was thrown away: what was preparsed before must be preparsed again. */
export function cedarGeneration(): number {
  return generation
}

function load(): Cedar {
  // V8 11 and 12 (Node.js 20 and 22) abort the process when an optimized function is deoptimized during a call into WebAssembly that
  // was inlined into it and returns a reference, as all calls of cedar-wasm do. Under load that happens within a minute.
  setFlagsFromString('--no-turbo-inline-js-wasm-calls')
  // ES modules cannot be loaded twice; the package's CommonJS entry can, once its cache entry is dropped.
  delete require.cache[require.resolve(ENTRY)]
  return require(ENTRY) as Cedar
}
