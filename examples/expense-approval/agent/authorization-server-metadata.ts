import { readAnswer } from './oauth-refusal.ts'

/** Where the endpoints of an authorization server are (RFC 8414). */
export interface AuthorizationServerMetadata {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
}

/** Fetches the metadata of an issuer. Throws OAuthRefusal when it is not there, and an Error when it names another issuer. */
export async function fetchMetadata(issuer: string): Promise<AuthorizationServerMetadata> {
  const answer = await readAnswer(await fetch(`${issuer}/.well-known/oauth-authorization-server`))
  const { authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint } = answer
  if (answer.issuer !== issuer || typeof authorizationEndpoint !== 'string' || typeof tokenEndpoint !== 'string') {
    throw new Error('the metadata does not describe this issuer')
  }
  return { issuer, authorizationEndpoint, tokenEndpoint }
}
