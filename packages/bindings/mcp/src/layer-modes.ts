import type { LockstepConfiguration } from './configuration.ts'
import type { LayerModes } from './pipeline.ts'

/** Every layer enforces. */
export const ENFORCED: LayerModes = {
  gateway: 'enforce',
  discovery: 'enforce',
  invocation: 'enforce',
  execution: 'enforce',
}

/** A call that is rebuilt from evidence is never only observed, and never goes without its token. */
export function demandTransactions(tools: LockstepConfiguration['tools']): LockstepConfiguration['tools'] {
  const demanded = Object.entries(tools).map(
    ([name, tool]) => [name, { ...tool, transaction: 'required', mode: 'enforce' }] as const,
  )
  return Object.fromEntries(demanded)
}

/** The modes that a configuration names, one by one. @defaultValue `enforce` for each */
export function readModes(mode: LockstepConfiguration['mode'] = 'enforce'): LayerModes {
  if (mode === 'enforce') return ENFORCED
  if (mode === 'observe') return { gateway: mode, discovery: mode, invocation: mode, execution: mode }
  return { ...ENFORCED, ...mode }
}
