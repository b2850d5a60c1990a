/// <reference path="./oidc-provider.d.ts" />
import type { Clock } from '@lockstep/core'
import type { CryptoKey } from 'jose'
import { InvalidDpopProof, InvalidRequest } from 'oidc-provider/lib/helpers/errors.js'
import { buildTokenResponse, checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js'
import type { Context, Provider } from 'oidc-provider/lib/provider.js'
import type { AccessTokenClaimsSource } from './access-token-claims.ts'
import { readExchangeRequest } from './exchange-request.ts'
import { narrowScope } from './narrow-scope.ts'
import type { RegisteredAgent } from './registered-agent.ts'
import { ACCESS_TOKEN_SECONDS, describeResource } from './resource-server.ts'
import { createSingleUse } from './single-use.ts'
import { ACCESS_TOKEN_TYPE } from './token-types.ts'
import { type ActorToken, verifyActorToken } from './verify-actor-token.ts'
import { type SubjectToken, verifySubjectToken } from './verify-subject-token.ts'

/** What the exchange needs from the server around it. */
export interface TokenExchangeParts {
  readonly provider: Provider
  readonly agents: readonly RegisteredAgent[]
  readonly resource: string
  /** Verifies this server's own access tokens. */
  readonly publicKey: CryptoKey
  readonly claims: AccessTokenClaimsSource
  readonly clock: Clock
}

/**
 * The token exchange of RFC 8693 as delegation: a user's access token becomes one that also names the agent (`act`). The agent
 * shows three things: that it is the registered client, that it holds the key the user's token is bound to (a DPoP proof), and that
 * it is the actor (a token signed with its own credential). The new token has the same subject, resource, key and sign-in, no wider
 * scope, and no longer life.
 *
 * @returns a handler for the provider's token endpoint; what it throws becomes an OAuth error answer, and nothing is issued
 */
export function createTokenExchange(parts: TokenExchangeParts): (context: Context) => Promise<void> {
  const { provider, resource, publicKey, clock } = parts
  const agents = new Map(parts.agents.map((agent) => [agent.clientId, agent]))
  const useOnce = createSingleUse(clock)

  return async (context) => {
    const { client, params } = context.oidc
    const agent = agents.get(client.clientId)
    if (!agent) throw new InvalidRequest('the client is not an agent')

    const now = new Date(clock())
    const request = readExchangeRequest(params, resource)
    const subject = await verifySubjectToken(request.subjectToken, {
      issuer: provider.issuer,
      resource,
      publicKey,
      clientId: client.clientId,
      now,
    })
    const actor = await verifyActorToken(request.actorToken, { agent, issuer: provider.issuer, now })
    const scope = narrowScope(request.scope, subject.scopes)
    await proveKey(provider, context, subject)

    // INVARIANT: last, so that a refused request uses no actor token up, and without an await: of several at once, one passes.
    consume(agent, actor, useOnce)
    context.body = await issue(parts, context, { subject, agent, scope, now })
  }
}

async function proveKey(provider: Provider, context: Context, subject: SubjectToken): Promise<void> {
  const proof = await validateDpop(provider, context)
  if (!proof) throw new InvalidDpopProof('a DPoP proof is required')
  if (proof.thumbprint !== subject.jkt) {
    throw new InvalidDpopProof('the proof is by another key than the subject token is bound to')
  }
  await checkDpopReplay(provider, context, proof, context.oidc.client.clientId, InvalidDpopProof)
}

function consume(agent: RegisteredAgent, actor: ActorToken, useOnce: ReturnType<typeof createSingleUse>): void {
  if (!useOnce(JSON.stringify([agent.id, actor.jti]), actor.rememberUntil)) {
    throw new InvalidRequest('actor_token was used before')
  }
}

async function issue(
  { provider, resource, claims }: TokenExchangeParts,
  context: Context,
  granted: {
    readonly subject: SubjectToken
    readonly agent: RegisteredAgent
    readonly scope: string
    readonly now: Date
  },
): Promise<object> {
  const { subject, agent, scope } = granted
  const now = Math.floor(granted.now.getTime() / 1000)
  const exp = Math.min(now + ACCESS_TOKEN_SECONDS, subject.exp)
  const token = new provider.AccessToken({
    accountId: subject.sub,
    client: context.oidc.client,
    gty: 'token_exchange',
    scope,
    exp,
  })
  token.resourceServer = new provider.ResourceServer(resource, describeResource(resource))
  token.setThumbprint('jkt', subject.jkt)
  claims.assign(token, {
    acr: subject.acr,
    auth_time: subject.auth_time,
    amr: subject.amr,
    act: { sub: agent.id },
  })
  return buildTokenResponse(provider, {
    accessToken: await token.save(),
    issuedTokenType: ACCESS_TOKEN_TYPE,
    expiresIn: exp - now,
    scope,
    tokenType: token.tokenType,
  })
}
