import { CODES, type Denial, type ErrorCode } from '@lockstep/core'

/** A refusal as HTTP: without a body, which belongs to the protocol. */
export interface ChallengeResponse {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** What the challenge says, for a protocol without headers; absent where nothing is challenged. */
  readonly challenge?: Readonly<Record<string, string>>
}

/** What every challenge of this resource says. */
export interface ChallengeTerms {
  /** URL of the RFC 9728 document. */
  readonly metadataUrl: string
  /** DPoP algorithms. */
  readonly algorithms: readonly string[]
  /** All scopes that the resource needs; in one challenge, because clients replace their scopes by what they are told. */
  readonly scopes: readonly string[]
  /** The nonce that a proof must hold now. */
  readonly nonce: () => string | undefined
}

/** Seconds after which a client may ask again when something of ours is down. */
const RETRY_AFTER = '5'

/** The OAuth error of each code; the codes that are not here carry no challenge, because no other token would help. */
const ERRORS: Partial<Record<ErrorCode, string>> = {
  'gateway.credentials-malformed': 'invalid_request',
  'gateway.token-invalid': 'invalid_token',
  'gateway.token-expired': 'invalid_token',
  'gateway.token-revoked': 'invalid_token',
  'gateway.token-unbound': 'invalid_token',
  'gateway.token-scheme': 'invalid_token',
  'gateway.proof-key': 'invalid_token',
  'gateway.certificate-missing': 'invalid_token',
  'gateway.certificate-other': 'invalid_token',
  'gateway.workload-invalid': 'invalid_token',
  'gateway.proof-missing': 'invalid_dpop_proof',
  'gateway.proof-invalid': 'invalid_dpop_proof',
  'gateway.proof-replayed': 'invalid_dpop_proof',
  'gateway.nonce-required': 'use_dpop_nonce',
  'gateway.scope-insufficient': 'insufficient_scope',
  'invocation.details-insufficient': 'insufficient_authorization_details',
}

/**
 * Phrases a denial as status and headers: RFC 6750 section 3, RFC 9449 sections 7.1 and 9, RFC 9470 and RFC 9728 section 5.1. Without
 * credentials there is no error code; a step-up is a 401 that names the acr, the
 * age of the sign-in, or both. The text is constant: it comes from the table of codes.
 */
export function phraseChallenge(terms: ChallengeTerms, denial: Denial): ChallengeResponse {
  const { says, status } = CODES[denial.code]
  const { acr, maxAge } = denial.unlock ?? {}
  const stepsUp = acr !== undefined || maxAge !== undefined
  const error = stepsUp ? 'insufficient_user_authentication' : ERRORS[denial.code]
  if (error === undefined && denial.code !== 'gateway.credentials-missing') {
    const retryAfter = denial.retryAfter ?? (status === 503 || status === 429 ? RETRY_AFTER : undefined)
    return { status, headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) } }
  }
  const scopes = denial.unlock?.scopes ?? terms.scopes
  const namesScopes = scopes.length > 0 && (error === undefined || error === 'insufficient_scope')
  const parameters = [
    ...(error
      ? [
          ['error', error],
          ['error_description', says],
        ]
      : []),
    ...(namesScopes ? [['scope', scopes.join(' ')]] : []),
    ...(acr !== undefined ? [['acr_values', acr]] : []),
    ...(maxAge === undefined ? [] : [['max_age', String(maxAge)]]),
    ['algs', terms.algorithms.join(' ')],
    ['resource_metadata', terms.metadataUrl],
  ]
  const challenge = `DPoP ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`
  const nonce = denial.code === 'gateway.nonce-required' ? terms.nonce() : undefined
  return {
    status: stepsUp ? 401 : status,
    headers: { 'www-authenticate': challenge, ...(nonce === undefined ? {} : { 'dpop-nonce': nonce }) },
    challenge: { ...Object.fromEntries(parameters), ...(nonce === undefined ? {} : { nonce }) },
  }
}
