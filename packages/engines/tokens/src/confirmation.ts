import { isJsonObject, type JsonValue } from '@lockstep/core'
import type { Confirmation } from './access-token.ts'
import { isSha256 } from './base64url.ts'

const UNDERSTOOD = ['jkt', 'x5t#S256']

/**
 * Reads a `cnf` claim (RFC 7800 section 3.1). A claim with a member that we do not understand, or with none, proves nothing and must
 * not be taken for a bearer token either: `not-understood`.
 */
export function readConfirmation(cnf: JsonValue | undefined): Confirmation | undefined | 'not-understood' {
  if (cnf === undefined) return undefined
  if (!isJsonObject(cnf)) return 'not-understood'
  const names = Object.keys(cnf)
  if (names.length === 0 || !names.every((name) => UNDERSTOOD.includes(name))) return 'not-understood'
  const { jkt, 'x5t#S256': certificate } = cnf
  if (jkt !== undefined && !isSha256(jkt)) return 'not-understood'
  if (certificate !== undefined && !isSha256(certificate)) return 'not-understood'
  return Object.freeze({ ...(jkt ? { jkt } : {}), ...(certificate ? { certificate } : {}) })
}
