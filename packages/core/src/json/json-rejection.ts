/**
 * Why JSON was rejected:
 * - `malformed`: not one JSON text in UTF-8 (RFC 8259), a byte order mark, or a string that is not well-formed Unicode
 * - `duplicate-member`: an object has two members of the same name
 * - `too-large`: more bytes, or more members and items, than the limit
 * - `too-deep`: nested more deeply than the limit
 * - `unsafe-value`: a value without one canonical form (not finite, an integer beyond 2^53, not a JSON value)
 */
export type JsonRejectionReason = 'malformed' | 'duplicate-member' | 'too-large' | 'too-deep' | 'unsafe-value'

/** JSON was rejected. Holds the reason and nothing of the content; the layer that asked turns it into its own code. */
export class JsonRejection extends Error {
  override readonly name = 'JsonRejection'
  readonly reason: JsonRejectionReason

  constructor(reason: JsonRejectionReason) {
    super(`JSON rejected: ${reason}`)
    this.reason = reason
  }
}
