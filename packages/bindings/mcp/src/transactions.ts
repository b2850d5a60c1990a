import type { AuthorizedCall, Clock, Outcome, SingleUseStore, ToolDeclaration } from '@lockstep/core'
import { type Consume, checkTransaction, consumeTransaction } from '@lockstep/invocation'
import type { TxnTokenVerifier } from '@lockstep/tokens'

/** Judges the transaction token that was presented beside a call. */
export interface Transactions {
  /**
   * Holds the token against the call as it is now. Resolves to how it is used up, or to nothing when none was sent and the tool demands none.
   * Denials: `invocation.txn-*`, `invocation.resource-changed`, `invocation.policy-changed`.
   */
  check(
    jwt: string | undefined,
    declaration: ToolDeclaration,
    call: AuthorizedCall,
  ): Promise<Outcome<Consume | undefined>>
}

/** What the judgment rests on. */
export interface TransactionsOptions {
  readonly verifier: TxnTokenVerifier
  readonly singleUse: SingleUseStore
  /** The resource URL of this MCP server. */
  readonly audience: string
  readonly clock: Clock
}

/** Creates the judge of one instance. A token that was sent is always judged, also where none is demanded. */
export function createTransactions({ verifier, singleUse, audience, clock }: TransactionsOptions): Transactions {
  return {
    async check(jwt, declaration, call) {
      if (jwt === undefined) {
        return declaration.transaction === 'required'
          ? { ok: false, denial: { code: 'invocation.txn-token-missing' } }
          : { ok: true, value: undefined }
      }
      const token = await verifier.verify(jwt)
      if (!token.ok) return token
      const { caller, tool, argumentsDigest, resourceDigest, policyVersion } = call
      const presented = { caller, tool, audience, argumentsDigest, resourceDigest, policyVersion }
      const denial = checkTransaction(token.value, presented)
      if (denial) return { ok: false, denial }
      return { ok: true, value: () => consumeTransaction(singleUse, token.value, clock) }
    },
  }
}
