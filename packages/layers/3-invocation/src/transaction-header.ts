import type { Outcome } from '@lockstep/core'

/** The header that carries a transaction token (draft-ietf-oauth-transaction-tokens-10). */
export const TXN_TOKEN_HEADER = 'Txn-Token'

/**
 * Reads the one transaction token of a request. `headers` is every header as it was sent, in any case: node's `rawHeaders` in pairs,
 * because joined headers hide duplicates. Denies with `invocation.txn-token-missing`, or `invocation.txn-token-invalid` for several.
 */
export function readTxnTokenHeader(headers: readonly (readonly [name: string, value: string])[]): Outcome<string> {
  // attacker-controlled: `headers`.
  const wanted = TXN_TOKEN_HEADER.toLowerCase()
  const sent = headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
  const [token] = sent
  if (token === undefined) return { ok: false, denial: { code: 'invocation.txn-token-missing' } }
  if (sent.length > 1) {
    return {
      ok: false,
      denial: { code: 'invocation.txn-token-invalid', detail: 'several Txn-Token headers were sent' },
    }
  }
  return { ok: true, value: token }
}
