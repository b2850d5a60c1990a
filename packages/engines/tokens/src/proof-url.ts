/** Visible characters without `\`, `"` or `#?` meaning: URL parsers repair what is outside of this, and repair it differently. */
const STRICT_HTTP_URL = /^https?:\/\/[^\s\\/?#@\p{Cc}]+(?:[/?#][^\s\\\p{Cc}]*)?$/iu

/** Whether an `htu` is the URL of a request, as RFC 9449 section 4.3 compares them. */
export type CompareProofUrl = (htu: string, url: string) => boolean

/** Creates a comparison that remembers the last URL: nearly every request of a server is for the same one. */
export function createProofUrlComparison(): CompareProofUrl {
  let last: { readonly url: string; readonly form: string | undefined } = { url: '', form: undefined }
  return (htu, url) => {
    if (url !== last.url) last = { url, form: proofUrl(url) }
    const { form } = last
    return form !== undefined && (htu === url || proofUrl(htu) === form)
  }
}

/**
 * The form in which an `htu` is compared (RFC 9449 section 4.3): scheme and host in lower case, the default port left out, query
 * and fragment ignored, the path as it stands. Undefined for anything but an absolute http(s) URL without user information.
 */
function proofUrl(url: string): string | undefined {
  // attacker-controlled: `url`.
  if (url.length > 2_048 || !STRICT_HTTP_URL.test(url) || !URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
