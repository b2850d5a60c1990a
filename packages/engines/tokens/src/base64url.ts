const SHA256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/**
 * Decodes base64url (RFC 4648 section 5, no padding), only in its canonical form: padding, white space, the other alphabet and altered
 * trailing bits, which node's decoder accepts, give undefined. One value so has one spelling: the one that it is encoded to.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** Whether a text is a SHA-256 value in canonical base64url: a thumbprint, an `ath`. */
export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && SHA256.test(value)
}
