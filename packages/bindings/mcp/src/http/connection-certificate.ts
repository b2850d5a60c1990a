import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { GatewayRequest } from '@lockstep/gateway'

/** What a TLS socket of node tells about its peer; a plain socket has none of it. */
type PeerSocket = Socket & {
  readonly encrypted?: unknown
  readonly authorized?: unknown
  readonly authorizationError?: unknown
  readonly getPeerX509Certificate?: () => X509Certificate | undefined
}

/** Certificates that a client may send between its own and an authority. */
const MAX_INTERMEDIATES = 8

/**
 * The client certificate that node itself verified on the TLS connection of a request; undefined without one, `unverified` for one that node did not
 * verify. `authorized` alone is not enough: a resumed session without any certificate has it, and it outlives a renegotiation that failed.
 */
export function connectionCertificate(socket: PeerSocket): GatewayRequest['certificate'] {
  const certificate = socket.encrypted === true ? socket.getPeerX509Certificate?.() : undefined
  if (!certificate) return undefined
  if (socket.authorized !== true || (socket.authorizationError ?? null) !== null) return 'unverified'
  const intermediates: Uint8Array[] = []
  let issuer = certificate.issuerCertificate
  while (issuer && intermediates.length < MAX_INTERMEDIATES) {
    intermediates.push(issuer.raw)
    issuer = issuer.issuerCertificate
  }
  return { leaf: certificate.raw, intermediates }
}
