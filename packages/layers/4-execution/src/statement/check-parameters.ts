import { LockstepError } from '@lockstep/core'

/**
 * The parameters of a statement must be exactly `$1` to `$n`: policy values are numbered after them.
 * Throws `execution.statement-invalid`.
 */
export function checkParameters(tree: unknown, count: number): void {
  const used = new Set<number>()
  collect(tree, used)
  if (used.size !== count || [...used].some((number) => number < 1 || number > count)) {
    throw new LockstepError('execution.statement-invalid', 'its parameters are not the ones that were sent')
  }
}

function collect(tree: unknown, used: Set<number>): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'ParamRef') used.add(typeof value === 'object' && value && 'number' in value ? Number(value.number) : 0)
    else collect(value, used)
  }
}
