import { eachMember, isTree } from './tree.ts'

/**
 * Counts how often a statement names each of its parameters. They must be exactly `$1` to `$n`, because policy values are numbered after them.
 *
 * @returns `undefined` where one is missing
 */
export function countParameters(tree: unknown): ReadonlyMap<number, number> | undefined {
  const uses = new Map<number, number>()
  collect(tree, uses)
  for (const number of uses.keys()) if (!(number >= 1 && number <= uses.size)) return undefined
  return uses
}

function collect(tree: unknown, uses: Map<number, number>): void {
  if (!isTree(tree)) return
  eachMember(tree, (key, value) => {
    if (key !== 'ParamRef') return collect(value, uses)
    const number = isTree(value) && 'number' in value ? Number(value.number) : 0
    uses.set(number, (uses.get(number) ?? 0) + 1)
  })
}
