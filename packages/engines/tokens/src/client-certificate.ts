import { createHash } from 'node:crypto'

/** The client certificate of one TLS connection, in DER. Only what TLS itself has verified may be handed on as one. */
export interface ClientCertificate {
  readonly leaf: Uint8Array
  /** The certificates that the client sent between its own and an authority, in any order. */
  readonly intermediates: readonly Uint8Array[]
}

/** The SHA-256 thumbprint of a certificate in base64url (RFC 8705 section 3.1): over its DER, as it was sent. */
export function certificateThumbprint({ leaf }: Pick<ClientCertificate, 'leaf'>): string {
  return createHash('sha256').update(leaf).digest('base64url')
}
