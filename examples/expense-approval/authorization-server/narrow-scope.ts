/// <reference path="./oidc-provider.d.ts" />
import { InvalidScope } from 'oidc-provider/lib/helpers/errors.js'

/**
 * The scope of an exchanged token: what was asked for, and never more than the subject token has. Throws `invalid_scope`
 * (RFC 6749 section 5.2) when more was asked for; it does not silently give less.
 */
export function narrowScope(asked: string | undefined, held: readonly string[]): string {
  if (asked === undefined) return held.join(' ')
  const scopes = [...new Set(asked.split(' '))]
  if (!scopes.every((scope) => held.includes(scope))) {
    throw new InvalidScope('the scope is wider than that of the subject token')
  }
  return scopes.join(' ')
}
