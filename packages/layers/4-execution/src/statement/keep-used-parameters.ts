/** A statement whose parameters are numbered without gaps. */
export interface KeptParameters<T> {
  readonly tree: T
  /** Of the parameters after the first `own`, by position from zero, those that are named. */
  readonly kept: readonly number[]
}

/**
 * Copies a statement with its parameters numbered on without those that nothing names any more: PostgreSQL takes exactly as many values as a
 * statement has parameters.
 *
 * @param own how many parameters are the statement's own, which keep their numbers
 */
export function keepUsedParameters<T>(tree: T, own: number): KeptParameters<T> {
  const used = new Set<number>()
  collect(tree, used)
  const kept = [...used].filter((number) => number > own).sort((a, b) => a - b)
  const numbers = new Map(kept.map((number, index) => [number, own + index + 1]))
  return { tree: renumber(tree, numbers), kept: kept.map((number) => number - own - 1) }
}

function collect(tree: unknown, used: Set<number>): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'ParamRef' && typeof value.number === 'number') used.add(value.number)
    else collect(value, used)
  }
}

function renumber<T>(tree: T, numbers: ReadonlyMap<number, number>): T
function renumber(tree: unknown, numbers: ReadonlyMap<number, number>): unknown {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((item) => renumber(item, numbers))
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(tree)) {
    copy[key] =
      key === 'ParamRef' ? { ...value, number: numbers.get(value.number) ?? value.number } : renumber(value, numbers)
  }
  return copy
}
