const P = 2n ** 255n - 19n
const SIGN_BIT = 1n << 255n

/**
 * Whether 32 bytes encode an Ed25519 public key that must not be used: a point whose order divides 8, for which one
 * signature verifies for every message, or a y-coordinate that is not reduced (RFC 8032 section 5.1.3). Neither
 * node:crypto on Node 20 nor a JOSE library refuses them.
 *
 * A point has such an order if and only if y is 0, 1 or -1, or doubling it gives y = 0: d·y⁴ + 2·y² - 1 = 0, where
 * d = -121665/121666.
 */
export function isLowOrder(encoded: Uint8Array): boolean {
  const littleEndian = Buffer.from(encoded).reverse().toString('hex')
  const y = BigInt(`0x${littleEndian}`) & ~SIGN_BIT
  if (y >= P || y <= 1n || y === P - 1n) return true
  const y2 = (y * y) % P
  return (121666n * (2n * y2 - 1n) - 121665n * y2 * y2) % P === 0n
}
