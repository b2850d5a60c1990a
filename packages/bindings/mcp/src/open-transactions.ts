import {
  type Caller,
  type Clock,
  coversCall,
  type Denial,
  digest,
  type Facts,
  type HistoryStore,
  isLockstepError,
  type JsonObject,
  type Outcome,
  type Seal,
  type SingleUseStore,
} from '@lockstep/core'
import { CAPABILITY_META, type Discovery } from '@lockstep/discovery'
import {
  type AgreedTransaction,
  type AuthorizeTransaction,
  createTransactionTokenService,
  type Invocation,
  type Narrowing,
  type TransactionKeyHolders,
  type TransactionTokenService,
} from '@lockstep/invocation'
import {
  createTxnTokenSigner,
  createTxnTokenVerifier,
  type SignedTxnToken,
  type TxnToken,
  type TxnTokenGrant,
} from '@lockstep/tokens'
import { callerKey } from './caller-key.ts'
import type { LockstepConfiguration } from './configuration.ts'
import { disguise } from './disguise.ts'
import type { PipelineParts } from './pipeline.ts'
import type { ToolCatalog } from './tool-catalog.ts'
import { type CurrentKeys, createTransactionKeys, type TransactionKeysOptions } from './transaction-keys.ts'
import { createTransactions, type Transactions } from './transactions.ts'

/** Both ends of transaction tokens: the service that issues them, and the judge of those that are presented. */
export interface OpenedTransactions extends Transactions {
  /** Absent where only another instance's tokens count. */
  readonly service: TransactionTokenService | undefined
  /** Verifies a transaction token that counts here: whose, and until when. See `TxnTokenVerifier`. */
  readonly verify: (jwt: string) => Promise<Outcome<TxnToken>>
  /**
   * Issues a token for one call in the course of a transaction, without asking anybody: whoever calls this has decided. Resolves to undefined where
   * nothing would be left of its life. Absent as `service` is.
   */
  readonly issue:
    | ((grant: TxnTokenGrant, notAfter: number, transactionId: string) => Promise<SignedTxnToken | undefined>)
    | undefined
  /** The resource URL of the server that runs a tool. */
  readonly audienceOf: (tool: string) => string
  /** The public keys of now. Rejects with `state.unavailable`. */
  readonly jwks: () => Promise<{ readonly keys: readonly object[] }>
}

/** What `openTransactions` needs. */
export interface OpenTransactionsOptions {
  readonly keptKey: TransactionKeysOptions['keptKey']
  /** How long one key signs. @defaultValue 30 days */
  readonly rotateAfterDays: number | undefined
  readonly trustDomain: string
  /** The resource URL: issuer, requesting workload and audience are this one server. */
  readonly resource: string
  readonly tools: LockstepConfiguration['tools']
  readonly singleUse: SingleUseStore
  /** Judges a capability in `_meta`, as for a call. */
  readonly checkCapability: PipelineParts['checkCapability']
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

const ROTATE_AFTER_DAYS = 30

/** Opens the transaction tokens of one instance. The service asks the same question as a call does, and uses nothing up. */
export function openTransactions(options: OpenTransactionsOptions): OpenedTransactions {
  const { trustDomain, resource, tools, singleUse, catalog, history, discovery, invocation, isCaller, clock, limits } =
    options
  const { verification } = options
  const days = options.rotateAfterDays ?? ROTATE_AFTER_DAYS
  const keys = createTransactionKeys({ keptKey: options.keptKey, period: days * 86_400_000, clock })
  const legacy = options.legacy && { ...options.legacy, resource }
  const verifying = { trustDomain, legacy, verification, clock }
  const elsewhere = options.transactions && createTxnTokenVerifier({ ...options.transactions, ...verifying })
  const holdersOf = new WeakMap<CurrentKeys, TransactionKeyHolders>()
  const holders = async (): Promise<TransactionKeyHolders> => {
    const current = await keys()
    const known = holdersOf.get(current)
    if (known) return known
    const named = { issuer: resource, requestingWorkload: resource, trustDomain, clock }
    const signer = createTxnTokenSigner({ ...named, keys: current.keys })
    const verifier = createTxnTokenVerifier({ ...verifying, issuer: resource, jwks: signer.jwks() })
    holdersOf.set(current, { signer, verifier })
    return { signer, verifier }
  }

  const decide = async (
    { caller, facts, labels }: Asking,
    tool: string,
    wire: JsonObject,
    { capability, authorizationDetails }: Narrowing,
  ): Promise<Outcome<AgreedTransaction>> => {
    try {
      const parsed = await catalog.parse(tool, wire)
      if (!parsed.ok) return denied({ code: 'invocation.arguments-invalid', detail: parsed.problem })
      const call = { tool, arguments: parsed.value, argumentsDigest: digest(wire) }
      if (!coversCall(authorizationDetails, call)) return denied({ code: 'invocation.details-insufficient' })
      const meta = capability === undefined ? {} : { _meta: { [CAPABILITY_META]: capability } }
      const within = await options.checkCapability(meta, caller, tool)
      if (!within.ok) return within
      // Not committed: the permission opens nothing and uses nothing up.
      const outcome = await invocation.authorize(caller, facts, call, { labels })
      if (!outcome.ok) return outcome
      return { ok: true, value: { ...outcome.value.call, notAfter: within.value?.expiresAt } }
    } catch (error) {
      return denied({ code: isLockstepError(error) ? error.code : 'invocation.handler-failed' })
    }
  }
  const authorize: AuthorizeTransaction = async (caller, facts, tool, wire, narrowing) => {
    const labels = await history.labels(callerKey(caller))
    const outcome = await decide({ caller, facts, labels }, tool, wire, narrowing)
    return outcome.ok ? outcome : denied(disguise(discovery, { caller, facts, labels, tool }, outcome.denial))
  }
  const audienceOf = (tool: string) => (Object.hasOwn(tools, tool) ? tools[tool]?.service : undefined) ?? resource
  const service = createTransactionTokenService({
    holders,
    singleUse,
    authorize,
    isCaller,
    trustDomain,
    audienceOf,
    detailsBytes: limits.bodyBytes,
    detailsDepth: Math.min(64, Math.max(2, limits.bodyDepth)),
  })
  const verify = async (jwt: string): Promise<Outcome<TxnToken>> => {
    try {
      return await (elsewhere ?? (await holders()).verifier).verify(jwt)
    } catch (error) {
      return denied({ code: isLockstepError(error) ? error.code : 'state.unavailable' })
    }
  }
  return {
    ...createTransactions({ verifier: { verify }, singleUse, audience: resource, clock }),
    // Nobody here would take its tokens.
    service: options.transactions ? undefined : service,
    audienceOf,
    issue: options.transactions
      ? undefined
      : async (grant, notAfter, transactionId) => (await holders()).signer.sign(grant, notAfter, { transactionId }),
    verify,
    jwks: async () => (await holders()).signer.jwks(),
  }
}

type Asking = { readonly caller: Caller; readonly facts: Facts; readonly labels: readonly string[] }

function denied(denial: Denial) {
  return { ok: false, denial } as const
}
