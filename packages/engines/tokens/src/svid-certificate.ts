import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'

/** What a certificate says that matters for an SVID. */
export interface SvidCertificate {
  /** Every URI of its subject alternative names. */
  readonly uris: readonly string[]
  /** Which rule of a leaf SVID it breaks; constant text. */
  readonly problem?: string
}

/**
 * Reads the extensions of a leaf certificate (X509-SVID sections 2 to 4). Undefined when it cannot be read. Node's own parser does not tell key
 * usage and prints the alternative names as one line, so they are read from the DER.
 */
export function readSvidCertificate(der: Uint8Array): SvidCertificate | undefined {
  try {
    const { tbsCertificate } = AsnConvert.parse(der, Certificate)
    const extensions = tbsCertificate.extensions ?? []
    const all = (id: string) => extensions.filter(({ extnID }) => extnID === id)
    const names = all(id_ce_subjectAltName)
    const uris = names.flatMap(({ extnValue }) =>
      AsnConvert.parse(extnValue, SubjectAlternativeName).flatMap((name) => name.uniformResourceIdentifier ?? []),
    )
    const [constraints] = all(id_ce_basicConstraints)
    const [usage] = all(id_ce_keyUsage)
    const [extended] = all(id_ce_extKeyUsage)
    const isCa = constraints !== undefined && AsnConvert.parse(constraints.extnValue, BasicConstraints).cA
    const uses = usage === undefined ? undefined : AsnConvert.parse(usage.extnValue, KeyUsage).toNumber()
    const purposes = extended === undefined ? undefined : [...AsnConvert.parse(extended.extnValue, ExtendedKeyUsage)]

    const problem =
      (new Set(extensions.map(({ extnID }) => extnID)).size !== extensions.length && 'it has an extension twice') ||
      (isCa && 'it is a signing certificate') ||
      (!(usage?.critical && uses !== undefined && mayOnlyAuthenticate(uses)) &&
        'its key usage is not that of a leaf') ||
      (purposes &&
        ![id_kp_clientAuth, id_kp_serverAuth].every((one) => purposes.includes(one)) &&
        'its purpose is other') ||
      (tbsCertificate.subject.length === 0 && !names[0]?.critical && 'its names are not critical')
    return Object.freeze({ uris: Object.freeze(uris), ...(problem ? { problem } : {}) })
  } catch {
    return undefined
  }
}

function mayOnlyAuthenticate(uses: number): boolean {
  const signs = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
  return (uses & KeyUsageFlags.digitalSignature) !== 0 && (uses & signs) === 0
}
