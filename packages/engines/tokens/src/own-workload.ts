import { X509Certificate } from 'node:crypto'
import { certificateThumbprint } from './client-certificate.ts'
import { readSpiffeId } from './spiffe-id.ts'
import { readSvidCertificate } from './svid-certificate.ts'

/** A workload as its own certificate names it. */
export interface OwnWorkload {
  /** Its SPIFFE ID. */
  readonly id: string
  /** SHA-256 of the certificate: what a token that it is to present is bound to. */
  readonly certificate: string
}

/**
 * Reads who we are from our own X.509-SVID, in PEM or DER. It is believed, not verified: whoever we connect to verifies it.
 *
 * Throws `TypeError` for what is no certificate, or names no workload.
 */
export function readOwnWorkload(certificate: string | Uint8Array): OwnWorkload {
  const leaf = read(certificate)
  const svid = leaf && readSvidCertificate(leaf)
  const [uri, ...more] = svid?.uris ?? []
  const named = uri === undefined || more.length > 0 ? undefined : readSpiffeId(uri)
  if (!leaf || !svid || svid.problem || !named) throw new TypeError('expected an X.509-SVID')
  return { id: named.id, certificate: certificateThumbprint({ leaf }) }
}

function read(certificate: string | Uint8Array): Uint8Array | undefined {
  try {
    return new X509Certificate(certificate).raw
  } catch {
    return undefined
  }
}
