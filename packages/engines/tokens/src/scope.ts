import type { JsonValue } from '@lockstep/core'

/** Tokens with one space between them (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Splits a `scope` strictly (RFC 6749 section 3.3). Undefined for anything but one or more scope tokens with one space between them, none
 * of them twice.
 */
export function splitScope(scope: JsonValue | undefined): readonly string[] | undefined {
  // attacker-controlled: `scope`.
  if (typeof scope !== 'string' || !SCOPE.test(scope)) return undefined
  const scopes = scope.split(' ')
  return new Set(scopes).size === scopes.length ? Object.freeze(scopes) : undefined
}
