import { isTree } from './tree.ts'

/**
 * Copies a tree with its parameters numbered on: what was `$1` becomes the one after `offset` others. (`structuredClone` takes several times as
 * long for trees as plain as these.)
 */
export function shiftParameters<T>(tree: T, offset: number): T
export function shiftParameters(tree: unknown, offset: number): unknown {
  if (!isTree(tree)) return tree
  if (Array.isArray(tree)) return tree.map((item) => shiftParameters(item, offset))
  const copy: Record<string, unknown> = {}
  for (const key in tree) {
    const value = tree[key]
    copy[key] =
      key === 'ParamRef' && isTree(value) && typeof value.number === 'number'
        ? { ...value, number: value.number + offset }
        : shiftParameters(value, offset)
  }
  return copy
}
