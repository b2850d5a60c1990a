import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { type Configuration, errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import type { DescribeResource } from './start-provider.ts'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** What an exchange asks with (RFC 8693 section 2.1). */
interface ExchangeParameters {
  readonly subject_token?: string
  readonly subject_token_type?: string
}

type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>

/** Names the client as the actor of tokens that came from an exchange: the provider's hook for JWT access tokens. */
export const nameActor: JwtCustomizer = (_context, token, parts) => {
  if (token.kind !== 'AccessToken' || token.gty !== TOKEN_EXCHANGE) return
  parts.payload = { ...parts.payload, act: { sub: `spiffe://desk.example/agents/${token.clientId}` } }
}

/**
 * Adds the token exchange (RFC 8693) to a provider: a person's token becomes one of the same resource, scope and key in which the client
 * acts. The provider authenticates the client; its subject token is verified here.
 */
export function registerExchange(provider: Provider, keys: readonly JWK[], describe: DescribeResource): void {
  const published = createLocalJWKSet({ keys: keys.map(({ d, p, q, dp, dq, qi, ...jwk }) => jwk) })

  const exchange = async (context: TokenEndpointGrantContext<ExchangeParameters>) => {
    const { subject_token: subject = '', subject_token_type: type } = context.oidc.params
    if (type !== ACCESS_TOKEN) throw new errors.InvalidRequest('unsupported subject_token_type')
    const { payload } = await jwtVerify<{ scope: string; cnf: { jkt: string } }>(subject, published, {
      issuer: provider.issuer,
      typ: 'at+jwt',
    }).catch(() => {
      throw new errors.InvalidRequest('the subject token does not verify')
    })
    const token = new provider.AccessToken({
      accountId: String(payload.sub),
      client: context.oidc.client,
      gty: TOKEN_EXCHANGE,
      grantId: '',
      scope: payload.scope,
      jkt: payload.cnf.jkt,
    })
    token.resourceServer = new provider.ResourceServer(String(payload.aud), describe(String(payload.aud)))
    context.body = {
      access_token: await token.save(),
      issued_token_type: ACCESS_TOKEN,
      token_type: token.tokenType,
      expires_in: 300,
    }
  }
  provider.registerGrantType(TOKEN_EXCHANGE, exchange, ['subject_token', 'subject_token_type'])
}
