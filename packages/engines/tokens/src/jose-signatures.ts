import { type CryptoKey, compactVerify, importJWK } from 'jose'
import type { SignatureCheck, SignatureVerifier } from './signature-verifier.ts'

/** Signatures by jose: nothing is remembered, every signature is verified by WebCrypto. */
export const joseSignatures: SignatureVerifier = {
  ofKey: (key, algorithm) => checkWith(key, algorithm),
  async ofJwk({ kty, ...rest }, algorithm) {
    try {
      return checkWith(await importJWK({ ...rest, kty, alg: algorithm }, algorithm), algorithm)
    } catch {
      return undefined
    }
  },
}

function checkWith(key: CryptoKey | Uint8Array, algorithm: string): SignatureCheck {
  return async ({ text }) => {
    try {
      await compactVerify(text, key, { algorithms: [algorithm] })
      return true
    } catch {
      return false
    }
  }
}
