import type { Clock, JsonObject } from '@lockstep/core'
import { AUTHORIZATION_DETAILS_TYPES } from '@lockstep/tokens'
import type { GatewayOptions } from './gateway-options.ts'

/** What a resource server says about itself at one moment. */
export interface PublishedMetadata {
  /** The document of RFC 9728 section 2. */
  readonly document: JsonObject
  /** Seconds for which it stays true, at most an hour. */
  readonly maxAge: number
}

/** What a resource server says about itself, and where. */
export interface ResourceMetadata {
  readonly describe: () => PublishedMetadata
  /** The paths under which it must be served: the one for this resource, then the root form. */
  readonly paths: readonly string[]
  /** Its URL, as challenges name it. */
  readonly url: string
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const MAX_AGE = 3_600

/**
 * Describes this resource (RFC 9728), with what SEP-1932 wants to know about proofs and RFC 8705 section 3.3 about certificates. DPoP is called
 * required only while nothing else is accepted: it is asked of the clock, because a migration ends by itself.
 */
export function describeResource(
  options: GatewayOptions,
  algorithms: readonly string[],
  clock: Clock,
): ResourceMetadata {
  const { origin, pathname } = new URL(options.resource)
  const path = pathname === '/' ? WELL_KNOWN : `${WELL_KNOWN}${pathname}`
  const { scopes = [], issuers, proof = {} } = options
  const certificates = proof.certificates === 'accepted'
  return {
    describe() {
      const now = clock()
      // When each migration that is still under way ends, in seconds from now.
      const ends = issuers
        .map(({ bearerUntil }) => ((bearerUntil?.getTime() ?? 0) - now) / 1000)
        .filter((end) => end > 0)
      return {
        document: {
          resource: options.resource,
          authorization_servers: issuers.map(({ issuer }) => issuer),
          ...(scopes.length > 0 ? { scopes_supported: [...scopes] } : {}),
          authorization_details_types_supported: [...AUTHORIZATION_DETAILS_TYPES],
          bearer_methods_supported: ['header'],
          dpop_signing_alg_values_supported: [...algorithms],
          dpop_bound_access_tokens_required: ends.length === 0 && !certificates,
          tls_client_certificate_bound_access_tokens: certificates,
        },
        maxAge: Math.floor(Math.min(MAX_AGE, ...ends)),
      }
    },
    paths: [...new Set([path, WELL_KNOWN])],
    url: origin + path,
  }
}
