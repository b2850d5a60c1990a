import { isTree } from './tree.ts'

/**
 * How many parameters a statement takes. They must be exactly `$1` to `$n`, because policy values are numbered after them.
 *
 * @returns `undefined` where one is missing
 */
export function countParameters(tree: unknown): number | undefined {
  const used = new Set<number>()
  collect(tree, used)
  return [...used].every((number) => number >= 1 && number <= used.size) ? used.size : undefined
}

function collect(tree: unknown, used: Set<number>): void {
  if (!isTree(tree)) return
  for (const key in tree) {
    const value = tree[key]
    if (key === 'ParamRef') used.add(isTree(value) && 'number' in value ? Number(value.number) : 0)
    else collect(value, used)
  }
}
