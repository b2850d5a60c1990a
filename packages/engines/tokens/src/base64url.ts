const ALPHABET = /^[A-Za-z0-9_-]*$/
/** The last characters whose unused bits are zero, by the number of characters in the last group of four. */
const CANONICAL_END = [/(?:)/, /(?!)/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const
const SHA256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/**
 * Decodes base64url (RFC 4648 section 5, no padding), only in its canonical form: white space, the other alphabet and
 * altered trailing bits, which node's decoder accepts, give undefined. One value so has one spelling.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const isCanonical = ALPHABET.test(text) && CANONICAL_END[text.length & 3]?.test(text)
  return isCanonical ? Buffer.from(text, 'base64url') : undefined
}

/** Whether a text is a SHA-256 value in canonical base64url: a thumbprint, an `ath`. */
export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && SHA256.test(value)
}
