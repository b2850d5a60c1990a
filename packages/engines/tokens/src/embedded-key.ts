import type { Algorithm } from './algorithm.ts'
import type { CompactJws, JoseHeader } from './compact-jws.ts'
import { type PublicJwk, readPublicJwk } from './public-jwk.ts'
import type { SignatureCheck, SignatureVerifier } from './signature-verifier.ts'
import { thumbprint } from './thumbprint.ts'

/** The public key that a proof carries in its header. It proves nothing before its thumbprint is the one that a token is bound to. */
export interface EmbeddedKey {
  /** The header that it stands in. */
  readonly head: JoseHeader
  /** Imports the key when it is first asked. */
  readonly isSigned: SignatureCheck
  /** RFC 7638, base64url. */
  thumbprint(): string | Promise<string>
}

/** Reads the key of a header; undefined for a key that must not be used. */
export function readEmbeddedKey(
  { type, algorithm: name, header }: JoseHeader,
  algorithm: Algorithm,
  signatures: SignatureVerifier,
): EmbeddedKey | undefined {
  const read = readPublicJwk(header.jwk)
  if (!read) return undefined
  const jwk: PublicJwk = read
  let check: SignatureCheck | undefined
  let jkt: string | undefined
  return {
    head: { type, algorithm: name, header },
    isSigned: (jws) => (check ? check(jws) : importAndCheck(jws)),
    thumbprint: () => jkt ?? computeThumbprint(),
  }

  async function importAndCheck(jws: CompactJws): Promise<boolean> {
    check = await signatures.ofJwk(jwk, algorithm)
    return check?.(jws) ?? false
  }

  async function computeThumbprint(): Promise<string> {
    jkt = await thumbprint(jwk)
    return jkt
  }
}
