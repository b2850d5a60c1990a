import { randomUUID } from 'node:crypto'
import type { Clock } from '@lockstep/core'
import { type SigningKey, signJwt } from '@lockstep/tokens'

/** How a client shows who it is at the token endpoint. */
export type ClientAuthentication =
  /** A public client: `client_id` alone. */
  | { readonly method: 'none' }
  /** `client_secret_basic` (RFC 6749 section 2.3.1). */
  | { readonly method: 'secret'; readonly secret: string }
  /** `private_key_jwt` (RFC 7523); `audience` is the issuer identifier of the authorization server. */
  | { readonly method: 'key'; readonly key: SigningKey; readonly audience: string }

/** Adds a client's authentication to a token request's headers and form. */
export async function authenticateClient(
  request: { readonly headers: Headers; readonly form: URLSearchParams },
  clientId: string,
  authentication: ClientAuthentication,
  clock: Clock,
): Promise<void> {
  const { headers, form } = request
  if (authentication.method === 'secret') {
    const pair = `${formEncode(clientId)}:${formEncode(authentication.secret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
    return
  }
  form.set('client_id', clientId)
  if (authentication.method === 'none') return
  const now = Math.floor(clock() / 1000)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: authentication.audience,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
  }
  form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  form.set('client_assertion', await signJwt(authentication.key, 'JWT', claims))
}

/** The encoding of RFC 6749 appendix B. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
