import { createBoundedMemory, type JsonValue } from '@lockstep/core'

/** Tokens with one space between them (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Splits a `scope` strictly (RFC 6749 section 3.3). Undefined for anything but one or more scope tokens with one space between them, none
 * of them twice.
 */
export function splitScope(scope: JsonValue | undefined): readonly string[] | undefined {
  // attacker-controlled: `scope`.
  if (typeof scope !== 'string') return undefined
  const known = split.get(scope)
  if (known) return known
  if (!SCOPE.test(scope)) return undefined
  const scopes = Object.freeze(scope.split(' '))
  if (new Set(scopes).size !== scopes.length) return undefined
  if (scope.length <= MAX_REMEMBERED_LENGTH) split.set(scope, scopes)
  return scopes
}

/** Clients ask for the same scopes again and again. */
const split = createBoundedMemory<readonly string[]>(1_000)
const MAX_REMEMBERED_LENGTH = 512
