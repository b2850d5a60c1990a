/// <reference path="./oidc-provider.d.ts" />
import type { ResourceServerInfo } from 'oidc-provider/lib/provider.js'

/** The scopes of the expense server. */
export const SCOPES = ['expenses:read', 'expenses:approve', 'reports:send'] as const

/** Seconds that an access token lives. */
export const ACCESS_TOKEN_SECONDS = 300

/** What tokens for the MCP endpoint look like: signed JWTs (RFC 9068) whose only audience is the endpoint (RFC 8707). */
export function describeResource(resource: string): ResourceServerInfo {
  return {
    scope: SCOPES.join(' '),
    audience: resource,
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  }
}
