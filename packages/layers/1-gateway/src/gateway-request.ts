import type { ClientCertificate } from '@lockstep/tokens'

/** A request as it came, before anything in it is believed. */
export interface GatewayRequest {
  readonly method: string
  /** The request target, or the URL made of it. Only its path and query count: the origin is the configured one. */
  readonly url: string
  /** Every header as it was sent, in any case: node's `rawHeaders` in pairs, because joined headers hide duplicates. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /**
   * The client certificate of the connection, if TLS verified one against the authorities of this server; `unverified` for one that it did not
   * verify, which proves nothing. Never what a header says about a certificate.
   */
  readonly certificate?: ClientCertificate | 'unverified' | undefined
  /** W3C trace id under which the request is recorded. */
  readonly trace: string
}
