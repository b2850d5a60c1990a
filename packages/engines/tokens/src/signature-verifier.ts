import type { CryptoKey } from 'jose'
import type { Algorithm } from './algorithm.ts'
import type { CompactJws } from './compact-jws.ts'
import type { PublicJwk } from './public-jwk.ts'

/** Holds the signature of a JWS against one key and one algorithm. Whatever goes wrong, it is not signed: it never throws or rejects. */
export type SignatureCheck = (jws: CompactJws) => boolean | Promise<boolean>

/** Makes keys ready to verify with. */
export interface SignatureVerifier {
  /** The check of a key that was found in a JWK Set. */
  ofKey(key: CryptoKey, algorithm: Algorithm): SignatureCheck
  /** The check of a key that came with the JWS; undefined for a key that is none, or not of this algorithm. */
  ofJwk(jwk: PublicJwk, algorithm: Algorithm): SignatureCheck | undefined | Promise<SignatureCheck | undefined>
}
