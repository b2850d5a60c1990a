import type { ToolCallDetails } from '@lockstep/core'

/** What a verified access token says. Times are seconds since the epoch. */
export interface AccessToken {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string
  /** `jti`, or what its issuer has in its place. */
  readonly id: string
  readonly scopes: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
  /** The `act` chain (RFC 8693 section 4.1): the current actor first. Empty without `act`. */
  readonly actors: readonly string[]
  /** What the token is bound to (RFC 7800); undefined for a bearer token. */
  readonly confirmation?: Confirmation
  /** The assurance that the sign-in reached: one value, or none, or all of them where an issuer states several. */
  readonly acrValues: readonly string[]
  readonly authenticatedAt?: number
  /** What alone it may be used for (RFC 9396); undefined for a token without details. */
  readonly authorizationDetails?: readonly ToolCallDetails[]
}

/** The proofs that must accompany the token. Where both are there, both must hold. */
export interface Confirmation {
  /** Thumbprint of the DPoP key (RFC 9449 section 6.1). */
  readonly jkt?: string
  /** Thumbprint of the client certificate (RFC 8705 section 3.1). */
  readonly certificate?: string
}
