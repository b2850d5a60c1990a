import type { JsonObject } from '@lockstep/core'
import { SignJWT } from 'jose'
import type { SigningKey } from './signing-key.ts'

/** Signs claims as a compact JWT with an explicit type (RFC 8725 section 3.11) and the key's thumbprint as `kid`. */
export function signJwt(key: SigningKey, type: string, claims: JsonObject): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.algorithm, typ: type, kid: key.thumbprint })
    .sign(key.privateKey)
}
