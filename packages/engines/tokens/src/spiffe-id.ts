/** The identity of a workload. */
export interface SpiffeId {
  /** As it was sent: there is only one spelling. */
  readonly id: string
  readonly trustDomain: string
  /** Begins with a slash; empty for the trust domain itself. */
  readonly path: string
}

const MAX_LENGTH = 2_048
const SPIFFE_ID = /^spiffe:\/\/(?<trustDomain>[a-z0-9._-]{1,255})(?<path>(?:\/[A-Za-z0-9._-]+)*)$/

/**
 * Reads a SPIFFE ID (SPIFFE-ID section 2), undefined for anything else: a port, user info, query, fragment, percent encoding, an empty or
 * dot segment, a trailing slash, or an upper-case scheme or trust domain. Our own, because a URL parser accepts and normalizes all of these,
 * and two readings of one identity are a way around it.
 */
export function readSpiffeId(text: string): SpiffeId | undefined {
  // attacker-controlled: `text`, as far as an authority signs what it is asked for.
  const { trustDomain, path } = (text.length <= MAX_LENGTH && SPIFFE_ID.exec(text)?.groups) || {}
  if (trustDomain === undefined || path === undefined) return undefined
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return undefined
  return Object.freeze({ id: text, trustDomain, path })
}
