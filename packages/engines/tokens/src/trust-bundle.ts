import { X509Certificate } from 'node:crypto'

/** The authorities of one trust domain. */
export interface TrustBundle {
  /**
   * Until when (milliseconds since the epoch) a certificate is vouched for, itself and every certificate between it and an authority being
   * valid at `now`; undefined when no path leads to an authority of this trust domain.
   */
  vouchesUntil(leaf: X509Certificate, intermediates: readonly X509Certificate[], now: number): number | undefined
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const MAX_PATH = 5

/**
 * Reads the authorities of a trust domain from PEM. TLS has verified the path already, against everything that the server trusts; here it is
 * held to this one trust domain, so that no authority vouches for workloads of another.
 *
 * Throws `TypeError` for a text without certificates, for one that is no certificate, and for one that is no authority.
 */
export function createTrustBundle(pem: string, option: string): TrustBundle {
  const authorities = (pem.match(CERTIFICATE) ?? []).map((text) => readAuthority(text, option))
  if (authorities.length === 0) throw new TypeError(`\`${option}\` expected certificates in PEM`)

  return {
    vouchesUntil(leaf, intermediates, now) {
      let current = leaf
      let until = lastValid(leaf, now)
      for (let length = 0; until !== undefined && length < MAX_PATH; length += 1) {
        const isIssuer = (issuer: X509Certificate) =>
          issuer.ca &&
          lastValid(issuer, now) !== undefined &&
          current.checkIssued(issuer) &&
          current.verify(issuer.publicKey)
        const authority = authorities.find(isIssuer)
        if (authority) return Math.min(until, lastValid(authority, now) ?? 0)
        const next = intermediates.find(isIssuer)
        if (!next) return undefined
        until = Math.min(until, lastValid(next, now) ?? 0)
        current = next
      }
      return undefined
    },
  }
}

/** The end of a certificate's life in milliseconds since the epoch; undefined when `now` is outside of it. */
function lastValid({ validFrom, validTo }: X509Certificate, now: number): number | undefined {
  const until = Date.parse(validTo)
  return Date.parse(validFrom) <= now && now < until ? until : undefined
}

function readAuthority(pem: string, option: string): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    throw new TypeError(`\`${option}\` expected certificates in PEM`)
  }
  if (!certificate.ca) throw new TypeError(`\`${option}\` names a certificate that is no authority`)
  return certificate
}
