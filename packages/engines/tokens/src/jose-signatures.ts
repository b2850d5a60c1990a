import { type CryptoKey, compactVerify, importJWK } from 'jose'
import { isAsLongAsKey } from './signature-length.ts'
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
  const modulusBits = key instanceof Uint8Array ? undefined : modulusOf(key)
  return async ({ text, signature }) => {
    if (modulusBits !== undefined && !isAsLongAsKey(signature, modulusBits)) return false
    try {
      await compactVerify(text, key, { algorithms: [algorithm] })
      return true
    } catch {
      return false
    }
  }
}

function modulusOf({ algorithm }: CryptoKey): number | undefined {
  return 'modulusLength' in algorithm && typeof algorithm.modulusLength === 'number'
    ? algorithm.modulusLength
    : undefined
}
