import type { JsonObject } from '@lockstep/core'
import { AUTHORIZATION_DETAILS_TYPES } from '@lockstep/tokens'
import type { GatewayOptions } from './gateway-options.ts'

/** What a resource server says about itself, and where. */
export interface ResourceMetadata {
  /** The document of RFC 9728 section 2. */
  readonly document: JsonObject
  /** The paths under which it must be served: the one for this resource, then the root form. */
  readonly paths: readonly string[]
  /** Its URL, as challenges name it. */
  readonly url: string
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Describes this resource (RFC 9728), with what SEP-1932 wants to know about proofs. Proofs are called required only when they are. */
export function describeResource(options: GatewayOptions, algorithms: readonly string[]): ResourceMetadata {
  const { origin, pathname } = new URL(options.resource)
  const path = pathname === '/' ? WELL_KNOWN : `${WELL_KNOWN}${pathname}`
  const { scopes = [] } = options
  return {
    document: {
      resource: options.resource,
      authorization_servers: options.issuers.map(({ issuer }) => issuer),
      ...(scopes.length > 0 ? { scopes_supported: [...scopes] } : {}),
      authorization_details_types_supported: [...AUTHORIZATION_DETAILS_TYPES],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: [...algorithms],
      dpop_bound_access_tokens_required: options.issuers.every(({ bearerUntil }) => bearerUntil === undefined),
    },
    paths: [...new Set([path, WELL_KNOWN])],
    url: origin + path,
  }
}
