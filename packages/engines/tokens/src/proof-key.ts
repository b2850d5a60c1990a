import { refuseUnknownOptions } from '@lockstep/core'
import { createSigningKey, type SigningKey, type SigningKeyOptions } from './signing-key.ts'

/** The key pair that an agent proves possession of. */
export type ProofKey = SigningKey

/**
 * Creates a DPoP key: ES256 and not extractable unless asked for. Keep it as long as the tokens that are bound to it, and send it
 * nowhere. One that is extractable is written by `exportSigningKey` and read by `importSigningKey`.
 */
export async function createProofKey(options: SigningKeyOptions = {}): Promise<ProofKey> {
  refuseUnknownOptions(options, ['algorithm', 'extractable'], 'createProofKey()')
  return createSigningKey(options)
}
