import type { TrustedIssuer } from '@lockstep/tokens'

/** An authorization server whose access tokens admit callers. */
export interface IssuerOptions extends TrustedIssuer {
  /**
   * Until when its tokens may come unbound, under the Bearer scheme: for a migration. The policy sees such callers as
   * `context.proof == "bearer"`. @defaultValue never
   */
  readonly bearerUntil?: Date | undefined
}
