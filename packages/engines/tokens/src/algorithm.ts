/**
 * The signature algorithms of Lockstep: asymmetric only (RFC 8725 section 3.1). `Ed25519` is RFC 9864's name for `EdDSA`
 * with that curve.
 */
export const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const

/** A signature algorithm that an issuer or a proof may be allowed to use. */
export type Algorithm = (typeof ALGORITHMS)[number]

/** Throws `TypeError` unless every entry is a supported algorithm and there is at least one. */
export function checkAlgorithms(algorithms: readonly string[], option: string): void {
  const known: readonly string[] = ALGORITHMS
  if (algorithms.length === 0 || !algorithms.every((algorithm) => known.includes(algorithm))) {
    throw new TypeError(`\`${option}\` expected some of ${ALGORITHMS.join(', ')}`)
  }
}
