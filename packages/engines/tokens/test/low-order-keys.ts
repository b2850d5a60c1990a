const P = 2n ** 255n - 19n

/** 32 bytes, little-endian, as hexadecimal digits. */
function encode(y: bigint, sign: bigint): string {
  const hex = (y | (sign << 255n)).toString(16).padStart(64, '0')
  return Buffer.from(hex, 'hex').reverse().toString('hex')
}

/** One root of the points of order 8; its negative is the other. */
const Y8 = BigInt('0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7')

/** Every encoding of a point of Ed25519 whose order divides 8, reduced or not, with either sign bit. */
export const LOW_ORDER: readonly string[] = [0n, 1n, P - 1n, P, P + 1n, Y8, P - Y8].flatMap((y) => [
  encode(y, 0n),
  encode(y, 1n),
])
