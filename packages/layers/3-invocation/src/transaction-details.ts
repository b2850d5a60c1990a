import {
  canonicalJson,
  hasReservedMember,
  isJsonObject,
  type JsonLimits,
  type JsonObject,
  JsonRejection,
  type JsonValue,
  parseJson,
} from '@lockstep/core'
import { type ExchangeStep, refuseDenied, refuseExchange } from './transaction-refusal.ts'

/** The call that a transaction token is asked for. */
export interface TransactionDetails {
  readonly tool: string
  readonly arguments: JsonObject
  /** A capability as `tools/list` gave it, or its JWS alone: the call must be within it, and the token does not outlive it. */
  readonly capability?: JsonValue
}

const MAX_TOOL_LENGTH = 256
const UNSAFE = refuseDenied({ code: 'invocation.arguments-unsafe' })

/**
 * Reads `request_details`: the JSON object `{ "tool": name, "arguments": object }`, with a `capability` or without, and no other member. The arguments must have one canonical
 * form, so that what is agreed to here is what is called later.
 */
export function readTransactionDetails(text: string, limits: JsonLimits): ExchangeStep<TransactionDetails> {
  // attacker-controlled: `text`. Encoding would repair a lone surrogate silently.
  if (!text.isWellFormed()) return refuseExchange('invalid_request', '`request_details` is malformed')
  const parsed = parse(text, limits)
  if (!parsed.ok) return parsed
  const details = parsed.value
  if (!isJsonObject(details)) return refuseExchange('invalid_request', '`request_details` is no JSON object')
  const { tool, arguments: given, capability, ...others } = details
  if (typeof tool !== 'string' || tool === '' || tool.length > MAX_TOOL_LENGTH || !isJsonObject(given)) {
    return refuseExchange('invalid_request', '`request_details` expected `tool` and `arguments`')
  }
  if (Object.keys(others).length > 0) {
    return refuseExchange('invalid_request', '`request_details` has a member that is not understood')
  }
  if (hasReservedMember(given) || !isCanonical(given)) return UNSAFE
  return { ok: true, value: { tool, arguments: given, ...(capability === undefined ? {} : { capability }) } }
}

function parse(text: string, limits: JsonLimits): ExchangeStep<JsonValue> {
  try {
    return { ok: true, value: parseJson(new TextEncoder().encode(text), limits) }
  } catch (error) {
    if (!(error instanceof JsonRejection)) throw error
    if (error.reason === 'too-large') return refuseExchange('invalid_request', '`request_details` is too large', 413)
    return refuseExchange('invalid_request', '`request_details` is no strict JSON')
  }
}

function isCanonical(value: JsonObject): boolean {
  try {
    return canonicalJson(value) !== ''
  } catch {
    return false
  }
}
