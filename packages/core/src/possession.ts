import type { Proof } from './flow.ts'

/**
 * What a proof is known by, for keeping what belongs to one caller apart from others: the thumbprints of the key and of the
 * certificate that were proved. Empty for a bearer, who proved nothing.
 */
export function possessionOf({ thumbprint, certificate }: Proof): string {
  return [thumbprint, certificate].filter((one) => one !== undefined).join('.')
}
