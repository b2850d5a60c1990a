import {
  type Caller,
  CODES,
  type EntityRef,
  type Facts,
  isLockstepError,
  type JsonObject,
  type JsonValue,
  type Outcome,
  refuseUnknownOptions,
  type Seal,
  type SingleUseStore,
  type ToolCallDetails,
} from '@lockstep/core'
import type { Transaction, TxnToken, TxnTokenGrant, TxnTokenSigner, TxnTokenVerifier } from '@lockstep/tokens'
import { refuseRevokedTransaction, refuseUsedTransaction } from './consume-transaction.ts'
import { checkReplacement } from './replace-transaction.ts'
import { answerIssued, answerRefused, type ExchangeAnswer } from './transaction-answer.ts'
import { readTransactionDetails } from './transaction-details.ts'
import { type ExchangeStep, refuseDenied, refuseExchange } from './transaction-refusal.ts'
import { readTransactionRequest } from './transaction-request.ts'

/** What was agreed to, and what the token therefore binds. */
export interface AgreedTransaction {
  /** base64url SHA-256 of the wire's arguments in canonical form (RFC 8785). */
  readonly argumentsDigest: string
  readonly resource?: EntityRef | undefined
  /** There if and only if `resource` is. */
  readonly resourceDigest?: string | undefined
  readonly policyVersion: string
  /** Seconds since the epoch, when a capability that the request named ends: the token does not outlive it. */
  readonly notAfter?: number | undefined
}

/** What a request itself says its call must be within, beside what the policy says. */
export interface Narrowing {
  /** `authorization_details` of the request. */
  readonly authorizationDetails?: readonly ToolCallDetails[] | undefined
  /** `capability` of its `request_details`. */
  readonly capability?: JsonValue | undefined
}

/** Asks the policy whether this exact call may happen, without doing it. */
export type AuthorizeTransaction = (
  caller: Caller,
  facts: Facts,
  tool: string,
  args: JsonObject,
  narrowing: Narrowing,
) => Promise<Outcome<AgreedTransaction>>

/** The signer and the verifier of one moment: keys change. */
export interface TransactionKeyHolders {
  readonly signer: TxnTokenSigner
  readonly verifier: TxnTokenVerifier
}

/** What the service needs. */
export interface TransactionTokenServiceOptions {
  /** Tells who signs and verifies now. Rejects with LockstepError when the keys cannot be read. */
  readonly holders: () => Promise<TransactionKeyHolders>
  /** Whether a token was used already: it is not replaced then. */
  readonly singleUse: Pick<SingleUseStore, 'wasConsumed' | 'isRevoked'>
  readonly authorize: AuthorizeTransaction
  readonly isCaller: Seal<Caller>['isSealed']
  /** The `audience` that a request must name, and the trust domain of every signer. */
  readonly trustDomain: string
  /** The resource URL of the server that runs a tool: there its token is used, and nowhere else. */
  readonly audienceOf: (tool: string) => string
  /** The largest `request_details`, in bytes. @defaultValue 262144 */
  readonly detailsBytes?: number | undefined
  /** How deeply `request_details` may be nested, at most 64. @defaultValue 64 */
  readonly detailsDepth?: number | undefined
}

/** A token exchange, behind the gateway. */
export interface ExchangeRequest {
  /** The form's parameters as they were sent, duplicates included: `URLSearchParams` will do. */
  readonly parameters: Iterable<readonly [name: string, value: string]>
  /** Who the gateway admitted with this request. */
  readonly caller: Caller
  /** The token that the gateway admitted them with: an access token, or from a mediator also a transaction token that it replaces. */
  readonly admittedWith: string
  readonly facts: Facts
  /** The SPIFFE ID of the gateway that asks for the caller, and whose certificate `caller.proof` names. @defaultValue the caller asks */
  readonly mediator?: string | undefined
}

/** The transaction token service (TTS) of one trust domain. */
export interface TransactionTokenService {
  /**
   * Exchanges the caller's access token, or a transaction token of theirs, for a transaction token for one call, if the policy permits that call
   * now. Nothing is issued on any refusal. Throws `TypeError` for a caller that no gateway sealed.
   */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer>
}

const KEYS = [
  ...['holders', 'singleUse', 'authorize', 'isCaller', 'trustDomain', 'audienceOf', 'detailsBytes', 'detailsDepth'],
]
const UNPROVED = refuseExchange('invalid_request', 'the subject token is bound to no key and no certificate')
const INVALID = refuseExchange('invalid_request', 'the subject token is no transaction token that counts')
const ELSEWHERE = refuseExchange('invalid_target', 'the resource is not the one where the tool runs')
const EXPIRED = refuseExchange('invalid_request', 'the subject token has expired')

/**
 * Creates the transaction token service: RFC 8693 in the profile of draft-ietf-oauth-transaction-tokens-10. The token is bound to the key or
 * certificate that was proved with the request (the caller's own, or that of the gateway which presents it), and to the tool, the arguments,
 * the stored resource and the policy version that were decided on.
 *
 * Throws `TypeError` for options that cannot be meant.
 */
export function createTransactionTokenService(options: TransactionTokenServiceOptions): TransactionTokenService {
  refuseUnknownOptions(options, KEYS, 'createTransactionTokenService()')
  const { authorize, isCaller, trustDomain, audienceOf, detailsBytes = 262_144, detailsDepth = 64 } = options
  if (typeof audienceOf !== 'function') throw new TypeError('`audienceOf` expected a function')
  if (!(detailsBytes > 0)) throw new TypeError('`detailsBytes` expected a number above 0')
  if (!(detailsDepth >= 2 && detailsDepth <= 64)) throw new TypeError('`detailsDepth` expected 2 to 64')
  const limits = { maxBytes: detailsBytes, maxDepth: detailsDepth }

  return {
    async exchange({ parameters, caller, admittedWith, facts, mediator }) {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      const terms = { trustDomain, admittedWith, scopes: caller.scopes, mediator }
      const request = readTransactionRequest(parameters, terms)
      if (!request.ok) return answerRefused(request.refusal)
      const proved = boundTo(caller)
      if (!proved) return answerRefused(UNPROVED.refusal)
      const details = readTransactionDetails(request.value.details, limits)
      if (!details.ok) return answerRefused(details.refusal)
      const { tool } = details.value
      const audience = audienceOf(tool)
      const { scopes, replaces, resource, authorizationDetails } = request.value
      if (resource !== undefined && resource !== audience) return answerRefused(ELSEWHERE.refusal)

      const issued = await guard(async () => {
        const { signer, verifier } = await options.holders()
        const replaced = replaces === undefined ? NONE : await readReplaced(verifier, options.singleUse, replaces)
        if (!replaced.ok) return replaced
        const { capability } = details.value
        const outcome = await authorize(caller, facts, tool, details.value.arguments, {
          authorizationDetails,
          capability,
        })
        if (!outcome.ok) return refuseDenied(outcome.denial)
        const { notAfter = Number.POSITIVE_INFINITY, ...agreed } = outcome.value
        const call = { ...agreed, tool, audience }
        const token = replaced.value
        const kept = token && checkReplacement({ token, caller, mediated: mediator !== undefined, scopes, call })
        if (kept && !kept.ok) return kept
        const limited = (authorizationDetails ?? caller.authorizationDetails) !== undefined
        const grant = describeGrant(caller, { proved, limited }, scopes, call, mediator)
        const end = Math.min(caller.token.expiresAt, token?.expiresAt ?? notAfter, notAfter)
        const signed = await signer.sign(grant, end, token)
        return signed ? { ok: true, value: signed } : EXPIRED
      })
      return issued.ok ? answerIssued(issued.value) : answerRefused(issued.refusal)
    },
  }
}

const NONE = { ok: true, value: undefined } as const

/** A port that rejects denies; a mistake of ours stays an error. */
async function guard<T>(work: () => Promise<ExchangeStep<T>>): Promise<ExchangeStep<T>> {
  try {
    return await work()
  } catch (error) {
    if (isLockstepError(error)) return refuseDenied({ code: error.code })
    throw error
  }
}

/** Reads the token that is to be replaced. Whatever is wrong with a subject token is `invalid_request` (RFC 8693 section 2.2.2). */
async function readReplaced(
  verifier: TxnTokenVerifier,
  singleUse: Pick<SingleUseStore, 'wasConsumed' | 'isRevoked'>,
  jwt: string,
): Promise<ExchangeStep<TxnToken>> {
  const read = await verifier.verify(jwt)
  if (!read.ok) return CODES[read.denial.code].status >= 500 ? refuseDenied(read.denial) : INVALID
  const denial =
    (await refuseUsedTransaction(singleUse, read.value)) ?? (await refuseRevokedTransaction(singleUse, read.value))
  return denial ? refuseDenied(denial) : read
}

/** What the token is bound to: the key that was proved, else the certificate of the connection. */
function boundTo({ proof: { kind, thumbprint, certificate } }: Caller): Bound | undefined {
  if ((kind === 'dpop' || kind === 'dpop+mtls') && thumbprint !== undefined) return { thumbprint }
  return kind === 'mtls' && certificate !== undefined ? { certificate } : undefined
}

type Bound = { readonly thumbprint: string } | { readonly certificate: string }

function describeGrant(
  { subject, actor, assurance: { acr, authenticatedAt } }: Caller,
  { proved, limited }: { readonly proved: Bound; readonly limited: boolean },
  scopes: readonly string[],
  { resource, resourceDigest, ...call }: Omit<AgreedTransaction, 'notAfter'> & Pick<Transaction, 'tool' | 'audience'>,
  mediator: string | undefined,
): TxnTokenGrant {
  return {
    subject,
    actors: [actor.id, ...actor.chain],
    ...proved,
    scopes,
    transaction: {
      ...call,
      ...(resource ? { resource: { type: resource.type, id: resource.id } } : {}),
      ...(resourceDigest === undefined ? {} : { resourceDigest }),
    },
    environment: {
      ...(acr === undefined ? {} : { acr }),
      ...(authenticatedAt === undefined ? {} : { authenticatedAt: Math.floor(authenticatedAt) }),
      proof: 'thumbprint' in proved ? 'dpop' : 'mtls',
      ...(limited ? { limited } : {}),
    },
    ...(mediator === undefined ? {} : { requestingWorkload: mediator }),
  }
}
