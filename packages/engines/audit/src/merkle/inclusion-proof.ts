import { timingSafeEqual } from 'node:crypto'
import { nodeHash, splitPoint, treeHash } from './tree-hash.ts'

/**
 * The hashes that lead from one leaf to the root over all `leaves` (RFC 9162 section 2.1.3.1), nearest first. Throws
 * `RangeError` when there is no such leaf.
 */
export function proveInclusion(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`expected an index below ${leaves.length}`)
  }
  if (leaves.length === 1) return []
  const split = splitPoint(leaves.length)
  return index < split
    ? [...proveInclusion(leaves.slice(0, split), index), treeHash(leaves.slice(split))]
    : [...proveInclusion(leaves.slice(split), index - split), treeHash(leaves.slice(0, split))]
}

/** What an inclusion proof claims: that `leaf` is the leaf hash at `index` of the tree with `size` leaves and this root. */
export interface InclusionClaim {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** Whether an inclusion proof holds (RFC 9162 section 2.1.3.2). A malformed one does not. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { leaf, index, size, root, path } = claim
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && sameHash(hash, root)
}

/** Whether two hashes are equal. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
