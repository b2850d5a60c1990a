import {
  type Caller,
  type EntityRef,
  type Facts,
  isLockstepError,
  type JsonObject,
  type Outcome,
  refuseUnknownOptions,
  type Seal,
} from '@lockstep/core'
import type { TxnTokenGrant, TxnTokenSigner } from '@lockstep/tokens'
import { answerIssued, answerRefused, type ExchangeAnswer } from './transaction-answer.ts'
import { readTransactionDetails, type TransactionDetails } from './transaction-details.ts'
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
}

/** Asks the policy whether this exact call may happen, without doing it. */
export type AuthorizeTransaction = (
  caller: Caller,
  facts: Facts,
  tool: string,
  args: JsonObject,
) => Promise<Outcome<AgreedTransaction>>

/** What the service needs. */
export interface TransactionTokenServiceOptions {
  readonly signer: TxnTokenSigner
  readonly authorize: AuthorizeTransaction
  readonly isCaller: Seal<Caller>['isSealed']
  /** The `audience` that a request must name: the signer's trust domain. */
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
  /** The access token that the gateway admitted them with. */
  readonly accessToken: string
  readonly facts: Facts
}

/** The transaction token service (TTS) of one trust domain. */
export interface TransactionTokenService {
  /**
   * Exchanges the caller's access token for a transaction token for one call, if the policy permits that call now. Nothing is issued on any
   * refusal. Throws `TypeError` for a caller that no gateway sealed.
   */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer>
}

const KEYS = ['signer', 'authorize', 'isCaller', 'trustDomain', 'audienceOf', 'detailsBytes', 'detailsDepth']
const UNPROVED = refuseExchange('invalid_request', 'the subject token is not bound to a DPoP key')
const EXPIRED = refuseExchange('invalid_request', 'the subject token has expired')

/**
 * Creates the transaction token service: RFC 8693 in the profile of draft-ietf-oauth-transaction-tokens-10. The token is bound to the key of
 * the caller's own proof, and to the tool, the arguments, the stored resource and the policy version that were decided on.
 *
 * Throws `TypeError` for options that cannot be meant.
 */
export function createTransactionTokenService(options: TransactionTokenServiceOptions): TransactionTokenService {
  refuseUnknownOptions(options, KEYS, 'createTransactionTokenService()')
  const { signer, authorize, isCaller, trustDomain, audienceOf, detailsBytes = 262_144, detailsDepth = 64 } = options
  if (trustDomain !== signer.trustDomain) throw new TypeError("`trustDomain` expected the signer's")
  if (typeof audienceOf !== 'function') throw new TypeError('`audienceOf` expected a function')
  if (!(detailsBytes > 0)) throw new TypeError('`detailsBytes` expected a number above 0')
  if (!(detailsDepth >= 2 && detailsDepth <= 64)) throw new TypeError('`detailsDepth` expected 2 to 64')
  const limits = { maxBytes: detailsBytes, maxDepth: detailsDepth }

  return {
    async exchange({ parameters, caller, accessToken, facts }) {
      if (!isCaller(caller)) throw new TypeError('expected a sealed Caller from the gateway')
      const request = readTransactionRequest(parameters, { trustDomain, accessToken, scopes: caller.scopes })
      if (!request.ok) return answerRefused(request.refusal)
      const { kind, thumbprint } = caller.proof
      if ((kind !== 'dpop' && kind !== 'dpop+mtls') || thumbprint === undefined) return answerRefused(UNPROVED.refusal)
      const details = readTransactionDetails(request.value.details, limits)
      if (!details.ok) return answerRefused(details.refusal)

      const agreed = await ask(authorize, caller, facts, details.value)
      if (!agreed.ok) return answerRefused(agreed.refusal)
      const { scopes } = request.value
      const { tool } = details.value
      const audience = audienceOf(tool)
      const grant = describeGrant(caller, thumbprint, scopes, { ...agreed.value, tool, audience })
      const signed = await signer.sign(grant, caller.token.expiresAt)
      return signed ? answerIssued(signed) : answerRefused(EXPIRED.refusal)
    },
  }
}

/** A port that rejects denies; a mistake of ours stays an error. */
async function ask(
  authorize: AuthorizeTransaction,
  caller: Caller,
  facts: Facts,
  { tool, arguments: args }: TransactionDetails,
): Promise<ExchangeStep<AgreedTransaction>> {
  try {
    const outcome = await authorize(caller, facts, tool, args)
    return outcome.ok ? outcome : refuseDenied(outcome.denial)
  } catch (error) {
    if (isLockstepError(error)) return refuseDenied({ code: error.code })
    throw error
  }
}

function describeGrant(
  { subject, actor, assurance }: Caller,
  thumbprint: string,
  scopes: readonly string[],
  { resource, resourceDigest, ...call }: AgreedTransaction & { readonly tool: string; readonly audience: string },
): TxnTokenGrant {
  return {
    subject,
    actors: [actor.id, ...actor.chain],
    thumbprint,
    scopes,
    transaction: {
      ...call,
      ...(resource ? { resource: { type: resource.type, id: resource.id } } : {}),
      ...(resourceDigest === undefined ? {} : { resourceDigest }),
    },
    environment: { ...(assurance.acr === undefined ? {} : { acr: assurance.acr }), proof: 'dpop' },
  }
}
