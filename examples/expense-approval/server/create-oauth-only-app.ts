import { toNodeHandler } from '@modelcontextprotocol/node'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import express, { type Express } from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** What the OAuth-only arm checks tokens against. */
export interface OAuthOnlyOptions {
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
  readonly scopes: readonly string[]
  readonly createServer: () => McpServer
}

/**
 * The same handlers as a careful team mounts them today: the official SDK's bearer middleware, with signature, issuer,
 * audience, expiry and scopes checked by jose.
 */
export function createOAuthOnlyApp({ issuer, jwksUri, audience, scopes, createServer }: OAuthOnlyOptions): Express {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const verifier = {
    async verifyAccessToken(token: string) {
      try {
        const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' })
        return {
          token,
          clientId: String(payload.client_id),
          scopes: String(payload.scope ?? '').split(' '),
          expiresAt: payload.exp ?? 0,
        }
      } catch {
        throw new InvalidTokenError('the access token is not valid')
      }
    },
  }
  const app = express()
  const handle = toNodeHandler(createMcpHandler(createServer))
  app.use(express.json())
  app.use(requireBearerAuth({ verifier, requiredScopes: [...scopes] }))
  app.all('/mcp', (request, response) => handle(request, response, request.body))
  return app
}
