import { CODES, type Denial, type ErrorCode, type JsonObject, type JsonValue, type StepUp } from '@lockstep/core'

/** What the edge sends instead of the server's own answer. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** What the challenge in `headers` says, for a transport without headers. */
  readonly challenge?: Readonly<Record<string, string>> | undefined
}

/** JSON-RPC ids that an answer can carry. */
export type MessageId = string | number | null

/**
 * JSON-RPC error codes for refusals that the protocol itself names; every other refusal carries the configured denial code,
 * which lies outside the reserved range (MCP 2026-07-28 forbids new codes inside it).
 */
const PROTOCOL_CODES: Partial<Record<ErrorCode, number>> = {
  'gateway.body-malformed': -32700,
  'gateway.body-duplicate-member': -32700,
  'gateway.body-too-deep': -32700,
  'gateway.header-mismatch': -32020,
  'discovery.tool-unknown': -32602,
  'discovery.method-unsupported': -32601,
  'invocation.arguments-invalid': -32602,
  'invocation.task-unknown': -32602,
}

/** How a denial with a challenge is phrased; given by the gateway, which knows the metadata URL and the algorithms. */
export type Challenge = (denial: Denial) => {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly challenge?: Readonly<Record<string, string>>
}

/** The one place where a refusal becomes a status, headers and a JSON-RPC error. */
export function createAnswers(challenge: Challenge, denialCode: number): (denial: Denial, id: MessageId) => Answer {
  return (denial, id) => {
    const entry = CODES[denial.code]
    const { status, headers, challenge: told } = challenge(denial)
    const data: Record<string, JsonValue> = { code: denial.code, fix: entry.fix }
    if (denial.unlock) data.unlock = tellUnlock(denial.unlock)
    if (denial.retryAfter !== undefined) data.retryAfter = denial.retryAfter
    return {
      status,
      headers,
      ...(told ? { challenge: told } : {}),
      body: {
        jsonrpc: '2.0',
        id,
        error: {
          code: PROTOCOL_CODES[denial.code] ?? (entry.status >= 500 ? -32603 : denialCode),
          message: denial.detail ? `${entry.says}: ${denial.detail}` : entry.says,
          data,
        },
      },
    }
  }
}

function tellUnlock({ acr, maxAge, approval, scopes }: StepUp): JsonObject {
  return {
    ...(acr === undefined ? {} : { acr }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(approval ? { approval: { id: approval.id } } : {}),
    ...(scopes ? { scopes: [...scopes] } : {}),
  }
}
