/// <reference path="./oidc-provider.d.ts" />
import { randomBytes } from 'node:crypto'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import { InvalidScope, InvalidTarget } from 'oidc-provider/lib/helpers/errors.js'
import type { Context, Grant, Interaction } from 'oidc-provider/lib/provider.js'
import type { AccessTokenClaimsSource } from './access-token-claims.ts'
import { ACR_LEVELS } from './assurance.ts'
import { interactionPath } from './interaction-endpoint.ts'
import { isAccount } from './person.ts'
import { clientMetadata, type RegisteredAgent } from './registered-agent.ts'
import { ACCESS_TOKEN_SECONDS, describeResource, SCOPES } from './resource-server.ts'
import { createSignInPrompt } from './sign-in-prompt.ts'
import type { SigningKey } from './signing-key.ts'

/** What differs from one start to the next. */
export interface ProviderSettings {
  readonly resource: string
  readonly agents: readonly RegisteredAgent[]
  readonly signingKey: SigningKey
  readonly claims: AccessTokenClaimsSource
}

const ALGORITHMS = ['ES256']

/**
 * The configuration of oidc-provider: authorization code with PKCE, DPoP-bound JWT access tokens for one resource, and nothing
 * else. State is kept in memory: it is gone with the process, which is right for an example and for nothing else.
 */
export function configureProvider({ resource, agents, signingKey, claims }: ProviderSettings): object {
  return {
    adapter: createMemoryAdapter(0),
    jwks: { keys: [signingKey.jwk] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: agents.map(clientMetadata),
    clientAuthMethods: ['private_key_jwt'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: {
      clientAuthSigningAlgValues: ALGORITHMS,
      dPoPSigningAlgValues: ALGORITHMS,
      idTokenSigningAlgValues: ALGORITHMS,
    },
    scopes: ['openid'],
    responseTypes: ['code'],
    acrValues: [...ACR_LEVELS],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // The token request need not repeat the resource that the code was granted for.
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: Context, asked: string) => {
          if (asked !== resource) throw new InvalidTarget('this resource is not served here')
          return describeResource(resource)
        },
      },
    },
    interactions: {
      policy: createSignInPrompt(),
      url: (_context: Context, interaction: Interaction) => interactionPath(interaction.uid),
    },
    findAccount: (_context: Context, accountId: string) =>
      isAccount(accountId) ? { accountId, claims: () => ({ sub: accountId }) } : undefined,
    loadExistingGrant: (context: Context) => grantRequested(context, resource),
    extraTokenClaims: claims.claimsOf,
    expiresWithSession: () => false,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: ACCESS_TOKEN_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 300,
      Session: 3600,
    },
    renderError: (context: Context, out: object) => {
      context.body = out
    },
  }
}

/** Grants what this request asks for and what exists: the agents are the company's own, so nobody is asked for consent. */
async function grantRequested({ oidc }: Context, resource: string): Promise<Grant | undefined> {
  const { accountId } = oidc.session
  if (accountId === undefined) return undefined
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId })
  const scope = SCOPES.filter((name) => oidc.requestParamScopes.has(name)).join(' ')
  if (!scope) throw new InvalidScope('none of the requested scopes exists')
  grant.addResourceScope(resource, scope)
  if (oidc.requestParamScopes.has('openid')) grant.addOIDCScope('openid')
  await grant.save()
  return grant
}
