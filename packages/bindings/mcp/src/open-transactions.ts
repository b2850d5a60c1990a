import {
  type Caller,
  type Clock,
  type Denial,
  digest,
  type Facts,
  type HistoryStore,
  isLockstepError,
  type JsonObject,
  type Seal,
  type SingleUseStore,
} from '@lockstep/core'
import type { Discovery } from '@lockstep/discovery'
import {
  type AuthorizeTransaction,
  createTransactionTokenService,
  type Invocation,
  type TransactionTokenService,
} from '@lockstep/invocation'
import { createTxnTokenSigner, createTxnTokenVerifier, type SigningKey } from '@lockstep/tokens'
import { callerKey } from './caller-key.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { disguise } from './disguise.ts'
import type { ToolCatalog } from './tool-catalog.ts'
import { createTransactions, type Transactions } from './transactions.ts'

/** Both ends of transaction tokens: the service that issues them, and the judge of those that are presented. */
export interface OpenedTransactions extends Transactions {
  /** Absent where only another instance's tokens count. */
  readonly service: TransactionTokenService | undefined
  readonly jwks: () => { readonly keys: readonly object[] }
}

/** What `openTransactions` needs. */
export interface OpenTransactionsOptions {
  readonly key: SigningKey
  readonly trustDomain: string
  /** The resource URL: issuer, requesting workload and audience are this one server. */
  readonly resource: string
  readonly tools: LockstepConfiguration['tools']
  readonly singleUse: SingleUseStore
  readonly catalog: ToolCatalog
  readonly history: HistoryStore
  readonly discovery: Discovery
  readonly invocation: Invocation
  readonly isCaller: Seal<Caller>['isSealed']
  readonly verification: LockstepConfiguration['verification']
  /** Whose tokens count, where they are another instance's. */
  readonly transactions: LockstepConfiguration['transactions']
  readonly legacy: LockstepConfiguration['legacyTransactions']
  readonly clock: Clock
  readonly limits: { readonly bodyBytes: number; readonly bodyDepth: number }
}

/** Opens the transaction tokens of one instance. The service asks the same question as a call does, and uses nothing up. */
export function openTransactions(options: OpenTransactionsOptions): OpenedTransactions {
  const {
    key,
    trustDomain,
    resource,
    tools,
    singleUse,
    catalog,
    history,
    discovery,
    invocation,
    isCaller,
    clock,
    limits,
  } = options
  const { verification } = options
  const signer = createTxnTokenSigner({
    keys: [key],
    trustDomain,
    issuer: resource,
    requestingWorkload: resource,
    clock,
  })
  const decide = async (caller: Caller, facts: Facts, labels: readonly string[], tool: string, wire: JsonObject) => {
    try {
      const parsed = await catalog.parse(tool, wire)
      if (!parsed.ok) return denied({ code: 'invocation.arguments-invalid', detail: parsed.problem })
      const call = { tool, arguments: parsed.value, argumentsDigest: digest(wire) }
      // Not committed: the permission opens nothing and uses nothing up.
      const outcome = await invocation.authorize(caller, facts, call, { labels })
      return outcome.ok ? ({ ok: true, value: outcome.value.call } as const) : outcome
    } catch (error) {
      return denied({ code: isLockstepError(error) ? error.code : 'invocation.handler-failed' })
    }
  }
  const authorize: AuthorizeTransaction = async (caller, facts, tool, wire) => {
    const labels = await history.labels(callerKey(caller))
    const outcome = await decide(caller, facts, labels, tool, wire)
    return outcome.ok ? outcome : denied(disguise(discovery, { caller, facts, labels, tool }, outcome.denial))
  }
  const service = createTransactionTokenService({
    signer,
    authorize,
    isCaller,
    trustDomain,
    audienceOf: (tool) => (Object.hasOwn(tools, tool) ? tools[tool]?.service : undefined) ?? resource,
    detailsBytes: limits.bodyBytes,
    detailsDepth: Math.min(64, Math.max(2, limits.bodyDepth)),
  })
  const legacy = options.legacy && { ...options.legacy, resource }
  const issuer = options.transactions ?? { issuer: resource, jwks: signer.jwks() }
  const verifier = createTxnTokenVerifier({ ...issuer, trustDomain, legacy, verification, clock })
  return {
    ...createTransactions({ verifier, singleUse, audience: resource, clock }),
    // Nobody here would take its tokens.
    service: options.transactions ? undefined : service,
    jwks: () => signer.jwks(),
  }
}

function denied(denial: Denial) {
  return { ok: false, denial } as const
}
