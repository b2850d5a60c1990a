import { EMPTY_ROOT, nodeHash } from './tree-hash.ts'

/** A Merkle tree of which only the right edge is kept: enough to append and to know the root. */
export interface Frontier {
  /** The number of leaves. */
  readonly size: number
  append(leaf: Uint8Array): void
  /** The root over all leaves so far. Costs one hash per complete subtree, at most 53. */
  root(): Uint8Array
}

/**
 * Creates an empty tree (RFC 6962 section 2.1).
 *
 * No library serves: those on npm keep every leaf in memory or hash without the leaf and node prefixes.
 */
export function createFrontier(): Frontier {
  // INVARIANT: one entry per set bit of `size`, the largest subtree first, each the root of a complete subtree.
  const subtrees: { readonly leaves: number; readonly hash: Uint8Array }[] = []
  let size = 0

  return {
    get size() {
      return size
    },
    append(leaf) {
      let grown = { leaves: 1, hash: leaf }
      for (let last = subtrees.at(-1); last?.leaves === grown.leaves; last = subtrees.at(-1)) {
        subtrees.pop()
        grown = { leaves: grown.leaves * 2, hash: nodeHash(last.hash, grown.hash) }
      }
      subtrees.push(grown)
      size += 1
    },
    root() {
      let root: Uint8Array | undefined
      for (const { hash } of subtrees.toReversed()) root = root === undefined ? hash : nodeHash(hash, root)
      return root ?? EMPTY_ROOT
    },
  }
}
