import type { Outcome } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'
import type { Credentials } from './credentials.ts'
import { refuse } from './refuse.ts'

/** How possession must be shown: by a proof with this key, or not at all. */
export type Binding = { readonly kind: 'dpop'; readonly thumbprint: string } | { readonly kind: 'bearer' }

/**
 * Decides which proof a token needs, from the token and never from what was sent: a bound token under the Bearer scheme is a downgrade
 * (`gateway.token-scheme`), an unbound one is refused (`gateway.token-unbound`) unless its issuer may still issue them.
 */
export function requireBinding(
  scheme: Credentials['scheme'],
  token: AccessToken,
  bearerAllowed: boolean,
): Outcome<Binding> {
  const { confirmation } = token
  if (!confirmation) {
    if (scheme === 'dpop' || !bearerAllowed) return refuse('gateway.token-unbound')
    return { ok: true, value: { kind: 'bearer' } }
  }
  // Both confirmations must hold, and no verified certificate reaches this layer.
  if (confirmation.certificate) return refuse('gateway.token-invalid', 'it is bound to a certificate')
  if (!confirmation.jkt) return refuse('gateway.token-invalid', '`cnf` is not understood')
  if (scheme === 'bearer') return refuse('gateway.token-scheme')
  return { ok: true, value: { kind: 'dpop', thumbprint: confirmation.jkt } }
}
