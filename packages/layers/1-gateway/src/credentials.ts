import type { Outcome } from '@lockstep/core'
import type { GatewayRequest } from './gateway-request.ts'
import { refuse } from './refuse.ts'

/** The credentials of a request, unverified. */
export interface Credentials {
  readonly scheme: 'dpop' | 'bearer'
  readonly token: string
  /** Every DPoP header that was sent. */
  readonly proofs: readonly string[]
}

/** Scheme, spaces, one token (RFC 9110 section 11.4). The token's own form is judged by its verifier. */
const AUTHORIZATION = /^([A-Za-z]+) +([\x21-\x7e]+)$/

/**
 * Reads the credentials of a request: exactly one Authorization header, schemes in any case (RFC 9110 section 11.1). A token in the query
 * is refused rather than ignored, since it has leaked into logs by now (RFC 9700 section 4.3.2). A scheme that we do not know is no
 * credential. Denies with `gateway.credentials-missing` or `gateway.credentials-malformed`.
 */
export function readCredentials(request: GatewayRequest, url: URL): Outcome<Credentials> {
  // attacker-controlled: everything here.
  if (url.search !== '' && url.searchParams.has('access_token'))
    return refuse('gateway.credentials-malformed', 'a token was sent in the URL')
  const sent = valuesOf(request, 'authorization')
  const [authorization] = sent
  if (authorization === undefined) return refuse('gateway.credentials-missing')
  if (sent.length > 1) return refuse('gateway.credentials-malformed', 'several Authorization headers were sent')

  const [, scheme, token] = AUTHORIZATION.exec(authorization) ?? /^([A-Za-z]*)/.exec(authorization) ?? []
  const name = scheme?.toLowerCase()
  if (name !== 'dpop' && name !== 'bearer') return refuse('gateway.credentials-missing')
  if (token === undefined) return refuse('gateway.credentials-malformed')
  return { ok: true, value: { scheme: name, token, proofs: valuesOf(request, 'dpop') } }
}

function valuesOf(request: GatewayRequest, wanted: string): readonly string[] {
  const values: string[] = []
  for (const [name, value] of request.headers) {
    if (name.length === wanted.length && name.toLowerCase() === wanted) values.push(value)
  }
  return values
}
