import { calculateJwkThumbprint } from 'jose'
import type { PublicJwk } from './public-jwk.ts'

/** The SHA-256 thumbprint of a public key in base64url (RFC 7638): over the required members only, in their order. */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint({ ...jwk }, 'sha256')
}
