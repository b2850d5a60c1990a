const ENCODED = /^=\?base64\?(?<text>.*)\?=$/
/** RFC 9110 section 5.5, without obs-text: what a mirrored value may be written with. */
const VISIBLE = /^[\t\x20-\x7e]*$/

/**
 * The value that a mirrored header states (MCP 2026-07-28, "Value Encoding"): as it stands, or encoded as `=?base64?…?=`. `undefined` for
 * one that is written in another way: not visible ASCII, not canonical base64, or not UTF-8. Two parts of a network must not
 * read two values from one header.
 */
export function decodeHeader(value: string): string | undefined {
  // attacker-controlled: `value`.
  if (!VISIBLE.test(value)) return undefined
  const encoded = ENCODED.exec(value)?.groups?.text
  if (encoded === undefined) return value
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
