import { sameHash } from './inclusion-proof.ts'
import { EMPTY_ROOT, nodeHash, splitPoint, treeHash } from './tree-hash.ts'

/**
 * The hashes that show the first `from` of `leaves` to be an unchanged prefix (RFC 9162 section 2.1.4.1). Empty when `from` is
 * zero or all of them. Throws `RangeError` when `from` is more than there are.
 */
export function proveConsistency(leaves: readonly Uint8Array[], from: number): readonly Uint8Array[] {
  if (!Number.isInteger(from) || from < 0 || from > leaves.length) {
    throw new RangeError(`expected a size of at most ${leaves.length}`)
  }
  return from === 0 ? [] : subproof(leaves, from, true)
}

function subproof(leaves: readonly Uint8Array[], from: number, whole: boolean): readonly Uint8Array[] {
  if (from === leaves.length) return whole ? [] : [treeHash(leaves)]
  const split = splitPoint(leaves.length)
  return from <= split
    ? [...subproof(leaves.slice(0, split), from, whole), treeHash(leaves.slice(split))]
    : [...subproof(leaves.slice(split), from - split, false), treeHash(leaves.slice(0, split))]
}

/** What a consistency proof claims: that the tree of `fromSize` leaves is a prefix of the tree of `size` leaves. */
export interface ConsistencyClaim {
  readonly fromSize: number
  readonly fromRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** Whether a consistency proof holds (RFC 9162 section 2.1.4.2). A malformed one does not. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { fromSize, fromRoot, size, root, path } = claim
  if (!Number.isSafeInteger(fromSize) || !Number.isSafeInteger(size) || fromSize < 0 || fromSize > size) return false
  if (fromSize === 0) return path.length === 0 && sameHash(fromRoot, EMPTY_ROOT)
  if (fromSize === size) return path.length === 0 && sameHash(fromRoot, root)
  let node = fromSize - 1
  let last = size - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  // A complete subtree is its own first hash, so the proof leaves it out.
  const [first, ...rest] = node === 0 ? [fromRoot, ...path] : path
  if (first === undefined) return false
  let before = first
  let after = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      before = nodeHash(sibling, before)
      after = nodeHash(sibling, after)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      after = nodeHash(after, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && sameHash(before, fromRoot) && sameHash(after, root)
}
