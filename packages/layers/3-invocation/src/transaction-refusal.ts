import { CODES, type Denial } from '@lockstep/core'

/**
 * Error codes of the token endpoint: RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 9396 section 5, and for faults those of RFC 6749 section
 * 4.1.2.1.
 */
export type ExchangeError =
  | 'invalid_request'
  | 'invalid_target'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'invalid_authorization_details'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'

/** Why no transaction token is issued. */
export interface ExchangeRefusal {
  readonly status: number
  readonly error: ExchangeError
  /** Constant text. */
  readonly says: string
  /** The denial behind it, when one of the layers said no. */
  readonly denial?: Denial
}

/** A step of the exchange: what it read, or why the exchange ends here. */
export type ExchangeStep<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: ExchangeRefusal }

/** Ends the exchange: the request itself is not acceptable. */
export function refuseExchange(
  error: ExchangeError,
  says: string,
  status = 400,
): { readonly ok: false; readonly refusal: ExchangeRefusal } {
  return { ok: false, refusal: { status, error, says } }
}

/** Ends the exchange: a layer denies the call that the token would be for. */
export function refuseDenied(denial: Denial): { readonly ok: false; readonly refusal: ExchangeRefusal } {
  const { says, status } = CODES[denial.code]
  if (status >= 500) {
    const error = status === 503 ? 'temporarily_unavailable' : 'server_error'
    return { ok: false, refusal: { status, error, says, denial } }
  }
  if (denial.code === 'invocation.arguments-invalid' || denial.code === 'invocation.arguments-unsafe') {
    return { ok: false, refusal: { status: 400, error: 'invalid_request', says, denial } }
  }
  return { ok: false, refusal: { status: 403, error: 'access_denied', says, denial } }
}
