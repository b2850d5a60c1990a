import {
  leafHash,
  proveConsistency,
  proveInclusion,
  treeHash,
  verifyConsistency,
  verifyInclusion,
} from '@lockstep/audit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createFrontier } from '../src/merkle/frontier.ts'

/** The test vectors of the Certificate Transparency reference implementation (merkle_tree_test). */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => leafHash(Buffer.from([index])))

/** A tree and one place in it. */
const treeAndPlace = fc
  .integer({ min: 1, max: 70 })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })))

function flip(hash: Uint8Array, bit: number): Uint8Array {
  const other = Uint8Array.from(hash)
  const byte = Math.floor(bit / 8) % other.length
  other[byte] = (other[byte] ?? 0) ^ (1 << (bit % 8))
  return other
}

describe('hashing follows RFC 6962', () => {
  test('the published vectors', () => {
    const hashes = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')))
    const roots = hashes.map((_, index) => Buffer.from(treeHash(hashes.slice(0, index + 1))).toString('hex'))
    expect(roots).toEqual(ROOTS)
    expect(Buffer.from(treeHash([])).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  test('the incremental tree has the same root at every size', () => {
    const frontier = createFrontier()
    const all = leaves(130)
    for (const [index, leaf] of all.entries()) {
      expect(Buffer.from(frontier.root())).toEqual(Buffer.from(treeHash(all.slice(0, index))))
      frontier.append(leaf)
    }
    expect(frontier.size).toBe(130)
  })
})

test(proves('state:audit:inclusion', 'every proof verifies, and none with one bit changed'), () => {
  fc.assert(
    fc.property(treeAndPlace, fc.nat({ max: 255 }), fc.nat(), ([size, index], bit, which) => {
      const all = leaves(size)
      const path = proveInclusion(all, index)
      const claim = { leaf: leafHash(Buffer.from([index])), index, size, root: treeHash(all), path }
      expect(verifyInclusion(claim)).toBe(true)
      expect(verifyInclusion({ ...claim, leaf: flip(claim.leaf, bit) })).toBe(false)
      expect(verifyInclusion({ ...claim, root: flip(claim.root, bit) })).toBe(false)
      expect(verifyInclusion({ ...claim, path: [...path, claim.leaf] })).toBe(false)
      expect(verifyInclusion({ ...claim, index: size })).toBe(false)
      if (size > 1) {
        const changed = path.map((hash, at) => (at === which % path.length ? flip(hash, bit) : hash))
        expect(verifyInclusion({ ...claim, path: changed })).toBe(false)
        expect(verifyInclusion({ ...claim, path: path.slice(0, -1) })).toBe(false)
        expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(false)
      }
    }),
  )
})

test(proves('state:audit:consistency', 'every proof verifies, and none with one bit changed'), () => {
  fc.assert(
    fc.property(treeAndPlace, fc.nat({ max: 255 }), fc.nat(), ([size, place], bit, which) => {
      const all = leaves(size)
      const fromSize = place + 1
      const path = proveConsistency(all, fromSize)
      const claim = { fromSize, fromRoot: treeHash(all.slice(0, fromSize)), size, root: treeHash(all), path }
      expect(verifyConsistency(claim)).toBe(true)
      expect(verifyConsistency({ ...claim, fromRoot: flip(claim.fromRoot, bit) })).toBe(false)
      expect(verifyConsistency({ ...claim, root: flip(claim.root, bit) })).toBe(false)
      expect(verifyConsistency({ ...claim, path: [...path, claim.root] })).toBe(false)
      if (path.length > 0) {
        const changed = path.map((hash, at) => (at === which % path.length ? flip(hash, bit) : hash))
        expect(verifyConsistency({ ...claim, path: changed })).toBe(false)
        expect(verifyConsistency({ ...claim, path: path.slice(1) })).toBe(false)
      }
    }),
  )
})

test('proofs of what is not there are refused', () => {
  expect(() => proveInclusion(leaves(3), 3)).toThrow(RangeError)
  expect(() => proveInclusion(leaves(3), -1)).toThrow(RangeError)
  expect(() => proveConsistency(leaves(3), 4)).toThrow(RangeError)
  const root = treeHash(leaves(3))
  expect(verifyConsistency({ fromSize: 4, fromRoot: root, size: 3, root, path: [] })).toBe(false)
  expect(verifyConsistency({ fromSize: 0, fromRoot: root, size: 3, root, path: [] })).toBe(false)
})
