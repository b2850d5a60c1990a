/// <reference path="./oidc-provider.d.ts" />
import { InvalidRequest, InvalidTarget } from 'oidc-provider/lib/helpers/errors.js'
import { ACCESS_TOKEN_TYPE, JWT_TYPE } from './token-types.ts'

/** The parameters of an exchange; any other is dropped by the provider, and one that comes twice is refused by it. */
export const EXCHANGE_PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
] as const

/** A well-formed request; neither token is verified yet. */
export interface ExchangeRequest {
  readonly subjectToken: string
  readonly actorToken: string
  /** Space-separated; absent asks for what the subject token has. */
  readonly scope: string | undefined
}

/**
 * Reads an exchange request (RFC 8693 section 2.1): a user's access token and an agent's JWT, for this resource and no other.
 * Throws `invalid_request` for a missing token or a foreign token type, `invalid_target` for another resource or audience.
 */
export function readExchangeRequest(
  params: Readonly<Record<string, string | undefined>>,
  resource: string,
): ExchangeRequest {
  const subjectToken = required(params, 'subject_token')
  const actorToken = required(params, 'actor_token')
  expectType(params, 'subject_token_type', ACCESS_TOKEN_TYPE)
  expectType(params, 'actor_token_type', JWT_TYPE)
  if (params.requested_token_type !== undefined) expectType(params, 'requested_token_type', ACCESS_TOKEN_TYPE)
  for (const name of ['resource', 'audience']) {
    const target = params[name]
    if (target !== undefined && target !== resource) throw new InvalidTarget(`${name} is not served here`)
  }
  return { subjectToken, actorToken, scope: params.scope }
}

function required(params: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = params[name]
  if (!value) throw new InvalidRequest(`${name} is missing`)
  return value
}

function expectType(params: Readonly<Record<string, string | undefined>>, name: string, type: string): void {
  if (params[name] !== type) throw new InvalidRequest(`${name} must be ${type}`)
}
