/**
 * The authorization server did not exchange the token. `error` is its OAuth error code (RFC 6749 section 5.2), or `invalid_response` when
 * the answer is no such thing; nothing else of the answer is kept.
 */
export class TokenExchangeRefused extends Error {
  override readonly name = 'TokenExchangeRefused'
  /** The HTTP status. */
  readonly status: number
  readonly error: string

  constructor(status: number, error: unknown) {
    // attacker-controlled: `error`; a code is short and plain, anything else stays out of logs.
    const code = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : 'invalid_response'
    super(`the token exchange was refused: ${code}`)
    this.status = status
    this.error = code
  }
}
