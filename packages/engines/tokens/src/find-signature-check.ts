import { isLockstepError } from '@lockstep/core'
import type { Algorithm } from './algorithm.ts'
import type { CompactJws } from './compact-jws.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { SignatureCheck, SignatureVerifier } from './signature-verifier.ts'

/** The check of the key that may have signed this JWS; undefined when there is no such key, `unavailable` when nobody can say. */
export async function findSignatureCheck(
  jws: CompactJws,
  algorithm: Algorithm,
  keys: IssuerKeys,
  signatures: SignatureVerifier,
): Promise<SignatureCheck | undefined | 'unavailable'> {
  try {
    const key = await keys.find(jws)
    return key && signatures.ofKey(key, algorithm)
  } catch (error) {
    if (isLockstepError(error)) return 'unavailable'
    throw error
  }
}
