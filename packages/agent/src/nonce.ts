/** The latest nonce that each origin asked for. */
export type NonceBook = Map<string, string>

/** Whether a resource server refused a request only because it wants its nonce in the proof (RFC 9449 section 9). */
export function demandsNonce(response: Response): boolean {
  if (response.status !== 401 || !response.headers.has('dpop-nonce')) return false
  return /\berror="?use_dpop_nonce\b/.test(response.headers.get('www-authenticate') ?? '')
}
