import type { Caller, Denial } from '@lockstep/core'
import type { TxnToken } from '@lockstep/tokens'

/** The call beside which a transaction token was presented, as it is now. */
export interface PresentedTransaction {
  /** The caller that the gateway admitted with this very request: its own access token, its own proof. */
  readonly caller: Caller
  readonly tool: string
  /** The resource URL of this MCP server. */
  readonly audience: string
  readonly argumentsDigest: string
  /** Over type, id and deciding attributes of the resource as it is stored now; undefined for a tool without a resource. */
  readonly resourceDigest?: string | undefined
  readonly policyVersion: string
}

/**
 * Holds a verified transaction token against the call that it is presented for. Answers a denial: `invocation.txn-caller-mismatch`,
 * `invocation.txn-params-mismatch`, `invocation.resource-changed` or `invocation.policy-changed`; undefined when all of it fits.
 *
 * INVARIANT: the token never stands alone. It counts only beside a proof, in the same request, by the key that it is bound to.
 */
export function checkTransaction(token: TxnToken, presented: PresentedTransaction): Denial | undefined {
  return isCallerOf(token, presented.caller) ? checkCall(token, presented) : { code: 'invocation.txn-caller-mismatch' }
}

/** Holds the token against the call alone, whoever presents it. */
export function checkCall(token: TxnToken, presented: Omit<PresentedTransaction, 'caller'>): Denial | undefined {
  const { transaction } = token
  const { tool, audience, argumentsDigest, resourceDigest, policyVersion } = presented
  if (transaction.tool !== tool || transaction.audience !== audience) return { code: 'invocation.txn-params-mismatch' }
  if (transaction.argumentsDigest !== argumentsDigest) return { code: 'invocation.txn-params-mismatch' }
  // It states neither: the resource and the policy of now were decided on, and nothing says what they were before.
  if (token.legacy) return undefined
  if (transaction.resourceDigest !== resourceDigest) return { code: 'invocation.resource-changed' }
  if (transaction.policyVersion !== policyVersion) return { code: 'invocation.policy-changed' }
  return undefined
}

/** Whether a token was issued to this caller, who proved its key or certificate with the same request. */
export function isCallerOf(token: TxnToken, caller: Caller): boolean {
  return holds(token, caller.proof) && isFor(token, caller)
}

/** Whether a token was issued for this subject, through these actors, and within these scopes, whoever holds its key. */
export function isFor(token: TxnToken, { subject, actor, scopes }: Caller): boolean {
  const actors = [actor.id, ...actor.chain]
  return (
    subject.issuer === token.subject.issuer &&
    subject.id === token.subject.id &&
    actors.length === token.actors.length &&
    actors.every((id, index) => id === token.actors[index]) &&
    token.scopes.every((scope) => scopes.includes(scope))
  )
}

/** What is shown beside what the token names takes nothing away. Undefined must never be what two sides agree on. */
function holds({ thumbprint, certificate }: TxnToken, { kind, ...shown }: Caller['proof']): boolean {
  if (thumbprint === undefined && certificate === undefined) return false
  const key = kind === 'dpop' || kind === 'dpop+mtls' ? shown.thumbprint : undefined
  const connection = kind === 'mtls' || kind === 'dpop+mtls' ? shown.certificate : undefined
  if (thumbprint !== undefined && key !== thumbprint) return false
  return certificate === undefined || connection === certificate
}
