import type { Outcome } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'
import type { Credentials } from './credentials.ts'
import { refuse } from './refuse.ts'

/** How possession is shown: by a proof with this key, by the certificate of the connection, by both, or not at all. */
export interface Binding {
  /** The RFC 7638 thumbprint of the key that must prove the request. */
  readonly thumbprint?: string
  /** The SHA-256 of the certificate; it has been compared with that of the connection. */
  readonly certificate?: string
}

/** What the issuer and the connection allow. */
export interface BindingTerms {
  /** Whether the issuer may still issue tokens that are bound to nothing. */
  readonly bearerAllowed: boolean
  /** Whether tokens may be bound to a certificate at all. */
  readonly certificatesAccepted: boolean
  /** SHA-256 of the verified client certificate of the connection; undefined without one. */
  readonly certificate: string | undefined
}

/**
 * Decides which proof a token needs, from the token and never from what was sent. A token with a DPoP key comes under the DPoP scheme
 * (`gateway.token-scheme`); one that is bound to a certificate alone comes under the Bearer scheme (RFC 8705 section 3), on a connection with that
 * certificate (`gateway.certificate-missing`, `gateway.certificate-other`). With both, both must hold. An unbound token is refused
 * (`gateway.token-unbound`) unless its issuer may still issue them.
 */
export function requireBinding(
  scheme: Credentials['scheme'],
  { confirmation }: AccessToken,
  { bearerAllowed, certificatesAccepted, certificate: presented }: BindingTerms,
): Outcome<Binding> {
  if (!confirmation) {
    if (scheme === 'dpop' || !bearerAllowed) return refuse('gateway.token-unbound')
    return { ok: true, value: {} }
  }
  const { jkt, certificate } = confirmation
  if (jkt === undefined && certificate === undefined) return refuse('gateway.token-invalid', '`cnf` is not understood')
  if (certificate !== undefined && !certificatesAccepted) {
    return refuse('gateway.token-invalid', 'it is bound to a certificate')
  }
  if (jkt !== undefined && scheme === 'bearer') return refuse('gateway.token-scheme')
  if (jkt === undefined && scheme === 'dpop') return refuse('gateway.token-unbound')
  if (certificate !== undefined && presented === undefined) return refuse('gateway.certificate-missing')
  if (certificate !== undefined && presented !== certificate) return refuse('gateway.certificate-other')
  return {
    ok: true,
    value: { ...(jkt === undefined ? {} : { thumbprint: jkt }), ...(certificate === undefined ? {} : { certificate }) },
  }
}
