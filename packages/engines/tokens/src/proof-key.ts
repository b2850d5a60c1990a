import { createSigningKey, type SigningKey } from './signing-key.ts'

/** The key pair that an agent proves possession of. */
export type ProofKey = SigningKey

/**
 * Creates a DPoP key: ES256, not extractable unless asked for. Keep it as long as the tokens that are bound to it, and send it
 * nowhere.
 */
export function createProofKey(options: { readonly extractable?: boolean | undefined } = {}): Promise<ProofKey> {
  return createSigningKey({ algorithm: 'ES256', extractable: options.extractable })
}
