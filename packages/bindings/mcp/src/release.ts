import {
  type AuthorizedCall,
  type ErrorCode,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Mode,
  type ReleasedResult,
} from '@lockstep/core'
import type { AnswerOutput, StreamedRelease } from '@lockstep/execution/egress'
import { type Carrier, TOOL_RESULT } from './reached/carrier.ts'
import type { LoadSuggested } from './reached/load-suggested.ts'
import { withoutText } from './release-protocol.ts'
import type { ReleaseFailure } from './sent/release-failure.ts'

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

/**
 * Releases the server's answer to one authorized call.
 *
 * @param carrier how the method's result holds it. @defaultValue as a tool's does
 */
export type Release = (call: AuthorizedCall, outbound: JsonObject, mode: Mode, carrier?: Carrier) => Promise<Released>

/** The release of a result that comes in pieces, under the obligations of its call. */
export interface ObligedRelease extends StreamedRelease {
  /** Carries out what is owed before the first byte leaves. Rejects where nothing may. */
  announce(): Promise<void>
}

/** Begins the release of a result of one call that comes in pieces. */
export type BeginStreamed = (call: AuthorizedCall, output: AnswerOutput) => ObligedRelease

/** Carries out the obligations on what was released. */
export type CarryOut = (call: AuthorizedCall, released: Released) => Promise<Released>

/** The same for answers of every size. */
export interface CarryOutAll extends CarryOut {
  /**
   * Tells whom the call is to be told to, and ends what it ends, of an answer that is streamed: before its first byte. Rejects with
   * `execution.obligation-failed` where that cannot be done, and with `gateway.token-revoked` where the session is over.
   */
  announce(call: AuthorizedCall): Promise<void>
}

/** Releases one tool result, by its binding; given by the execution layer. */
export type ReleaseResult = (call: AuthorizedCall, result: JsonObject, keep?: Carrier['keep']) => ReleasedResult

/**
 * Creates the release of whole messages. A JSON-RPC error keeps its code and loses its text, which a handler may have
 * written. While a call is only observed its answer leaves as it is, and what would have been held back is recorded.
 */
export function createRelease(
  releaseResult: ReleaseResult,
  carryOut: CarryOut,
  releaseFailure: ReleaseFailure = async () => undefined,
  loadSuggested: LoadSuggested = async (result) => result,
): Release {
  const releaseMessage = async (
    call: AuthorizedCall,
    outbound: JsonObject,
    mode: Mode,
    carrier: Carrier,
  ): Promise<Released> => {
    const { id = null, result, error } = outbound
    if (!isJsonObject(result) || error !== undefined) {
      return { message: mode === 'observe' ? outbound : withoutText(outbound), failed: true, withheld: {}, labels: [] }
    }
    const plain = carrier.open(result)
    const opened = carrier.suggested ? await loadSuggested(plain, carrier.suggested) : plain
    const { result: released, withheld, labels } = releaseResult(call, opened, carrier.keep)
    return {
      message: mode === 'observe' ? outbound : { jsonrpc: '2.0', id, result: { ...eraOf(result), ...released } },
      failed: result.isError === true,
      withheld: { rows: withheld.rows, fields: [...withheld.fields], masked: [...withheld.masked] },
      labels,
    }
  }
  return async (call, outbound, mode, carrier = TOOL_RESULT) => {
    const failure = mode === 'observe' ? undefined : await releaseFailure(call, outbound)
    const opened = failure ?? (await releaseMessage(call, outbound, mode, carrier))
    if (mode === 'observe') return opened
    const released = call.obligations.length === 0 ? opened : await carryOut(call, opened)
    const { result } = released.message
    if (!isJsonObject(result)) return released
    return {
      ...released,
      message: { ...released.message, result: { ...carrier.close(result), ...uncached(outbound.result) } },
    }
  }
}

/** What was released to one caller, for now, is cached by nobody (MCP 2026-07-28, caching). */
function uncached(result: JsonValue | undefined): JsonObject {
  const isCacheable = isJsonObject(result) && ('cacheScope' in result || 'ttlMs' in result)
  return isCacheable ? { cacheScope: 'private', ttlMs: 0 } : {}
}

/** MCP 2026-07-28 marks a finished result; clients of that era look for it. */
function eraOf({ resultType }: JsonObject): JsonObject {
  return resultType === 'complete' ? { resultType } : {}
}
