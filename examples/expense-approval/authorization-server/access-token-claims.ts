import type { AccessToken, Context } from 'oidc-provider/lib/provider.js'

/** Claims of an access token beside those that the provider writes itself (RFC 9068 section 2.2.1, RFC 8693 section 4.1). */
export interface AccessTokenClaims {
  readonly acr?: string | undefined
  readonly auth_time?: number | undefined
  readonly amr?: readonly string[] | undefined
  readonly act?: { readonly sub: string } | undefined
}

/** Decides the extra claims of every access token. */
export interface AccessTokenClaimsSource {
  /** Fixes the claims of a token that was made outside the code flow. */
  assign(token: AccessToken, claims: AccessTokenClaims): void
  /** The provider's `extraTokenClaims`. It runs for every token, and its answer replaces what the token carried. */
  claimsOf(context: Context, token: AccessToken): AccessTokenClaims
}

/**
 * Makes the source of extra claims: a token from the code flow says how the person signed in, and a token from an exchange
 * says what the exchange verified.
 */
export function createAccessTokenClaims(): AccessTokenClaimsSource {
  const assigned = new WeakMap<AccessToken, AccessTokenClaims>()
  return {
    assign(token, claims) {
      assigned.set(token, claims)
    },
    claimsOf(context, token) {
      const code = context.oidc.entities.AuthorizationCode
      return assigned.get(token) ?? { acr: code?.acr, auth_time: code?.authTime, amr: code?.amr }
    },
  }
}
