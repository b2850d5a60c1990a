import {
  type AuthorizedCall,
  type ErrorCode,
  isJsonObject,
  type JsonObject,
  type Mode,
  type ReleasedResult,
} from '@lockstep/core'
import { withoutText } from './release-protocol.ts'

/** What may leave for one answer of a server, and what was held back (counts and field names). */
export interface Released {
  readonly message: JsonObject
  readonly failed: boolean
  readonly withheld: JsonObject
  /** Labels of what is released, to be raised before it leaves. */
  readonly labels: readonly string[]
  /** Why nothing left, where an obligation could not be carried out. */
  readonly code?: ErrorCode | undefined
}

/** Releases the server's answer to one authorized call. */
export type Release = (call: AuthorizedCall, outbound: JsonObject, mode: Mode) => Promise<Released>

/** Carries out the obligations on what was released. */
export type CarryOut = (call: AuthorizedCall, released: Released) => Promise<Released>

/** Releases one tool result, by its binding; given by the execution layer. */
export type ReleaseResult = (call: AuthorizedCall, result: JsonObject) => ReleasedResult

/**
 * Creates the release of whole messages. A JSON-RPC error keeps its code and loses its text, which a handler may have
 * written. While a call is only observed its answer leaves as it is, and what would have been held back is recorded.
 */
export function createRelease(releaseResult: ReleaseResult, carryOut: CarryOut): Release {
  const releaseMessage = (call: AuthorizedCall, outbound: JsonObject, mode: Mode): Released => {
    const { id = null, result, error } = outbound
    if (!isJsonObject(result) || error !== undefined) {
      return { message: mode === 'observe' ? outbound : withoutText(outbound), failed: true, withheld: {}, labels: [] }
    }
    const { result: released, withheld, labels } = releaseResult(call, result)
    return {
      message: mode === 'observe' ? outbound : { jsonrpc: '2.0', id, result: { ...eraOf(result), ...released } },
      failed: result.isError === true,
      withheld: { rows: withheld.rows, fields: [...withheld.fields], masked: [...withheld.masked] },
      labels,
    }
  }
  return async (call, outbound, mode) => {
    const released = releaseMessage(call, outbound, mode)
    return mode === 'observe' || call.obligations.length === 0 ? released : carryOut(call, released)
  }
}

/** MCP 2026-07-28 marks a finished result; clients of that era look for it. */
function eraOf({ resultType }: JsonObject): JsonObject {
  return resultType === 'complete' ? { resultType } : {}
}
