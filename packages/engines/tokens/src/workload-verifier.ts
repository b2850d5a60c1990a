import { X509Certificate } from 'node:crypto'
import { type Clock, createBoundedMemory, type Outcome, refuseUnknownOptions, systemClock } from '@lockstep/core'
import { type ClientCertificate, certificateThumbprint } from './client-certificate.ts'
import { createCurrentBundle } from './current-bundle.ts'
import { refuse } from './refuse.ts'
import { readSpiffeId } from './spiffe-id.ts'
import { readSvidCertificate } from './svid-certificate.ts'
import type { TrustBundle } from './trust-bundle.ts'

/** A trust domain whose workloads are known by their certificates. */
export interface TrustDomainOptions {
  /**
   * Its authorities, as one or more certificates in PEM, or what tells them now, for authorities that rotate. No other authority vouches for
   * its workloads; while a function tells none that can be read, nobody does.
   */
  readonly authorities: string | (() => string)
}

/** Whose workloads are known. */
export interface WorkloadVerifierOptions {
  /** By the name of the trust domain, as in `spiffe://<name>/…`. */
  readonly trustDomains: Readonly<Record<string, TrustDomainOptions>>
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** Knows workloads by the certificate of their connection. */
export interface WorkloadVerifier {
  /**
   * The SPIFFE ID that a certificate proves, undefined for a certificate that claims none. Denies with `gateway.workload-invalid` what
   * claims one and is not entitled to it, and a certificate that TLS did not verify, whatever it claims.
   */
  verify(certificate: ClientCertificate | 'unverified'): Outcome<string | undefined>
}

/** A certificate that was verified, under which authorities, and which there are now. */
interface Known {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly bundle: TrustBundle
  readonly current: () => TrustBundle | undefined
}

/** How many certificates are remembered. */
const REMEMBERED = 1_024
const CLAIMS_SPIFFE = /^\s*spiffe:/i

/**
 * Creates the verifier of X.509-SVIDs (SPIFFE X509-SVID): exactly one URI among the alternative names, a strict SPIFFE ID with a path, of a
 * configured trust domain, in a leaf that may only authenticate, valid now, and signed by that trust domain's own authorities.
 *
 * Throws `TypeError` for a name that is no trust domain and for authorities that cannot be read.
 */
export function createWorkloadVerifier(options: WorkloadVerifierOptions): WorkloadVerifier {
  refuseUnknownOptions(options, ['trustDomains', 'clock'], 'createWorkloadVerifier()')
  const { trustDomains, clock = systemClock } = options
  const bundles = new Map(
    Object.entries(trustDomains).map(([name, domain]) => {
      refuseUnknownOptions(domain, ['authorities'], `\`workloads.${name}\``)
      const isName = readSpiffeId(`spiffe://${name}`)?.path === ''
      if (!isName) throw new TypeError(`\`workloads.${name}\` is no name of a trust domain`)
      return [name, createCurrentBundle(domain.authorities, `workloads.${name}.authorities`)] as const
    }),
  )
  // INVARIANT: only what was verified is remembered, so that strangers cannot crowd it out.
  const known = createBoundedMemory<Known>(REMEMBERED)

  return {
    verify(certificate) {
      if (certificate === 'unverified') return invalid('TLS did not verify it')
      const name = certificateThumbprint(certificate)
      const now = clock()
      const remembered = known.get(name)
      // What authorities vouched for that are no authorities now is verified anew.
      if (remembered && now < remembered.until && remembered.bundle === remembered.current())
        return { ok: true, value: remembered.id }

      const read = readSvidCertificate(certificate.leaf)
      if (!read) return invalid('it cannot be read')
      if (!read.uris.some((uri) => CLAIMS_SPIFFE.test(uri))) return { ok: true, value: undefined }
      if (read.problem) return invalid(read.problem)
      const [uri, ...others] = read.uris
      const spiffe = uri === undefined || others.length > 0 ? undefined : readSpiffeId(uri)
      if (!spiffe || spiffe.path === '') return invalid('it does not hold exactly one SPIFFE ID of a workload')
      const current = bundles.get(spiffe.trustDomain)
      if (!current) return invalid('its trust domain is not configured')
      const bundle = current()
      const until = bundle && findEnd(bundle, certificate, now)
      if (!bundle || until === undefined) return invalid('no authority of its trust domain vouches for it now')
      known.set(name, { id: spiffe.id, until, bundle, current })
      return { ok: true, value: spiffe.id }
    },
  }
}

function invalid(detail: string) {
  return refuse('gateway.workload-invalid', detail)
}

function findEnd(bundle: TrustBundle, { leaf, intermediates }: ClientCertificate, now: number): number | undefined {
  try {
    const [first, ...rest] = [leaf, ...intermediates].map((der) => new X509Certificate(der))
    return first && bundle.vouchesUntil(first, rest, now)
  } catch {
    // A certificate or a key of a kind that node does not know vouches for nothing.
    return undefined
  }
}
