import { joseSignatures } from './jose-signatures.ts'
import { nodeSignatures } from './node-signatures.ts'
import type { SignatureVerifier } from './signature-verifier.ts'

/**
 * How tokens are verified: `jose` asks the library every time; `fast` calls node:crypto synchronously, and remembers the proof keys and
 * access tokens that it has verified. Both answer alike.
 */
export type Verification = 'jose' | 'fast'

/** The signatures of one way. Throws `TypeError` for one that there is not. */
export function signaturesBy(verification: Verification): SignatureVerifier {
  if (verification === 'jose') return joseSignatures
  if (verification === 'fast') return nodeSignatures
  throw new TypeError('`verification` expected `jose` or `fast`')
}
