/** Visible characters without `\`, `"` or `#?` meaning: URL parsers repair what is outside of this, and repair it differently. */
const STRICT_HTTP_URL = /^https?:\/\/[^\s\\/?#@\p{Cc}]+(?:[/?#][^\s\\\p{Cc}]*)?$/iu

/**
 * The form in which an `htu` is compared (RFC 9449 section 4.3): scheme and host in lower case, the default port left out, query
 * and fragment ignored, the path as it stands. Undefined for anything but an absolute http(s) URL without user information.
 */
export function proofUrl(url: string): string | undefined {
  // attacker-controlled: `url`.
  if (url.length > 2_048 || !STRICT_HTTP_URL.test(url) || !URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
