import type { Caller } from '@lockstep/core'
import type { TxnToken } from '@lockstep/tokens'
import { checkCall, isCallerOf, isFor, type PresentedTransaction } from './transaction-binding.ts'
import { type ExchangeStep, refuseDenied, refuseExchange } from './transaction-refusal.ts'

/** A transaction token that is to be replaced, and what the new one would say. */
export interface Replacement {
  readonly token: TxnToken
  readonly caller: Caller
  /** A gateway of the trust domain asks: it was admitted with this very token, and has seen the proof of whoever handed it over. */
  readonly mediated: boolean
  readonly scopes: readonly string[]
  readonly call: Omit<PresentedTransaction, 'caller'>
}

/**
 * Holds a replacement against what it replaces (draft-ietf-oauth-transaction-tokens-10, replacement tokens): the same subject and actors, the
 * same call of the same resource under the same policy, no scope more. What may change is who presents it.
 *
 * INVARIANT: nothing is widened. The new token has the `txn` of the old one, so that one of them is used and no other, and ends with it.
 */
export function checkReplacement({ token, caller, mediated, scopes, call }: Replacement): ExchangeStep<TxnToken> {
  // The older form states neither resource nor policy: nothing says what must not change.
  if (token.legacy) return refuseExchange('invalid_request', 'a token of the older form is not replaced')
  if (!scopes.every((scope) => token.scopes.includes(scope))) {
    return refuseExchange('invalid_scope', 'the scope exceeds that of the subject token')
  }
  const isItsCaller = mediated ? isFor(token, caller) : isCallerOf(token, caller)
  const denial = isItsCaller ? checkCall(token, call) : ({ code: 'invocation.txn-caller-mismatch' } as const)
  return denial ? refuseDenied(denial) : { ok: true, value: token }
}
