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
 * The client certificate that node itself verified on the TLS connection of a request; undefined without one. `authorized` alone is not enough: a
 * resumed session without any certificate has it, and it outlives a renegotiation that failed.
 */
export function connectionCertificate(socket: PeerSocket): GatewayRequest['certificate'] {
  const { encrypted, authorized, authorizationError } = socket
  if (encrypted !== true || authorized !== true || (authorizationError ?? null) !== null) return undefined
  const certificate = socket.getPeerX509Certificate?.()
  if (!certificate) return undefined
  const intermediates: Uint8Array[] = []
  let issuer = certificate.issuerCertificate
  while (issuer && intermediates.length < MAX_INTERMEDIATES) {
    intermediates.push(issuer.raw)
    issuer = issuer.issuerCertificate
  }
  return { leaf: certificate.raw, intermediates }
}
