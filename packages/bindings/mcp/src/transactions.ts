import type { AuthorizedCall, Caller, Clock, Outcome, SingleUseStore, ToolCall, ToolDeclaration } from '@lockstep/core'
import { type Consume, checkTransaction, consumeTransaction, refuseUsedTransaction } from '@lockstep/invocation'
import type { TxnToken, TxnTokenVerifier } from '@lockstep/tokens'

/** Judges the transaction token that was presented beside a call. A token that was sent is judged, also where none is demanded. */
export interface Transactions {
  /**
   * Reads the token, if one was sent, and holds it against the caller, the tool and the arguments, before the policy is asked. Denials:
   * `invocation.txn-token-invalid`, `invocation.txn-caller-mismatch`, `invocation.txn-params-mismatch`, `invocation.txn-token-replayed`.
   */
  read(
    jwt: string | undefined,
    caller: Caller,
    call: Pick<ToolCall, 'tool' | 'argumentsDigest'>,
  ): Promise<Outcome<TxnToken | undefined>>
  /**
   * Holds the token against the call that was decided on. The value is how it is used up; nothing when none was sent and the tool demands
   * none. Denials: `invocation.txn-token-missing`, `invocation.resource-changed`, `invocation.policy-changed`.
   */
  bind(token: TxnToken | undefined, declaration: ToolDeclaration, call: AuthorizedCall): Outcome<Consume | undefined>
}

/** What the judgment rests on. */
export interface TransactionsOptions {
  readonly verifier: TxnTokenVerifier
  readonly singleUse: SingleUseStore
  /** The resource URL of this MCP server. */
  readonly audience: string
  readonly clock: Clock
}

/** Creates the judge of one instance. */
export function createTransactions({ verifier, singleUse, audience, clock }: TransactionsOptions): Transactions {
  return {
    async read(jwt, caller, { tool, argumentsDigest }) {
      if (jwt === undefined) return { ok: true, value: undefined }
      const token = await verifier.verify(jwt)
      if (!token.ok) return token
      // Resource and policy are compared once they are known, in `bind`.
      const { resourceDigest, policyVersion } = token.value.transaction
      const presented = { caller, tool, audience, argumentsDigest, resourceDigest, policyVersion }
      const denial = checkTransaction(token.value, presented) ?? (await refuseUsedTransaction(singleUse, token.value))
      return denial ? { ok: false, denial } : token
    },
    bind(token, declaration, call) {
      if (!token) {
        return declaration.transaction === 'required'
          ? { ok: false, denial: { code: 'invocation.txn-token-missing' } }
          : { ok: true, value: undefined }
      }
      const denial = checkTransaction(token, { ...call, audience })
      if (denial) return { ok: false, denial }
      return { ok: true, value: () => consumeTransaction(singleUse, token, clock) }
    },
  }
}
