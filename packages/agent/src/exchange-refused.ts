import { CODES, type ErrorCode } from '@lockstep/core'
import { type Demand, demandOfBody, demandOfChallenge } from './demand.ts'
import type { TokenAnswer } from './token-answer.ts'

/**
 * The authorization server, or the transaction token service, did not exchange the token. It keeps what a program can act on, each checked
 * for its form, and nothing else of the answer.
 */
export class TokenExchangeRefused extends Error {
  override readonly name = 'TokenExchangeRefused'
  /** The HTTP status. */
  readonly status: number
  /** The OAuth error code (RFC 6749 section 5.2), or `invalid_response` when the answer is no such thing. */
  readonly error: string
  /** The code of the denial behind it, where Lockstep's own service refused. */
  readonly code: ErrorCode | undefined
  /** What would help, if anything would: for example a step-up with its `acrValues` and `maxAge`, or an approval with its `id`. */
  readonly demand: Demand | undefined

  constructor({ status, headers }: Pick<Response, 'status' | 'headers'>, answer: TokenAnswer) {
    // attacker-controlled: `answer`; a code is short and plain, anything else stays out of logs.
    const { error: told } = answer
    const error = typeof told === 'string' && /^[a-z_]{1,64}$/.test(told) ? told : 'invalid_response'
    super(`the token exchange was refused: ${error}`)
    this.status = status
    this.error = error
    this.code = codeOf(answer)
    this.demand = demandOfChallenge(status, headers) ?? demandOfBody(status, headers, answer)
  }

  /** The sign-in that would help (RFC 9470), in the order of preference. */
  get acrValues(): readonly string[] {
    return this.demand?.kind === 'step-up' ? this.demand.acrValues : []
  }

  /** The oldest sign-in that would help, in seconds. */
  get maxAge(): number | undefined {
    return this.demand?.kind === 'step-up' ? this.demand.maxAge : undefined
  }

  /** The request that waits for a second person's consent. */
  get approvalId(): string | undefined {
    return this.demand?.kind === 'approval' ? this.demand.id : undefined
  }
}

function codeOf({ code, error }: TokenAnswer): ErrorCode | undefined {
  const data = typeof error === 'object' && error !== null && 'data' in error ? error.data : undefined
  const inner = typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined
  return isErrorCode(code) ? code : isErrorCode(inner) ? inner : undefined
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(CODES, value)
}
