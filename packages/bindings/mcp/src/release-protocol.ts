import { CODES, isJsonObject, type JsonObject } from '@lockstep/core'

/** Errors that MCP 2026-07-28 defines for negotiation: clients read what is supported from their data. */
const NEGOTIATION = new Set([-32020, -32021, -32022])

/**
 * Releases the answer to a method of the protocol itself: its result, or its error. An error keeps its code; its text, which a server may
 * have written, leaves only where clients negotiate by it. Nothing beside the two leaves.
 */
export function releaseProtocol(outbound: JsonObject): JsonObject {
  const { id = null, result, error } = outbound
  if (isJsonObject(result) && error === undefined) return { jsonrpc: '2.0', id, result }
  const code = isJsonObject(error) ? error.code : undefined
  if (isJsonObject(error) && typeof code === 'number' && NEGOTIATION.has(code)) return { jsonrpc: '2.0', id, error }
  return withoutText(outbound)
}

/** A JSON-RPC error with the code of the given message, and nothing of its text. */
export function withoutText({ id = null, error }: JsonObject): JsonObject {
  const code = isJsonObject(error) && Number.isSafeInteger(error.code) ? (error.code ?? -32603) : -32603
  const { says, fix } = CODES['invocation.handler-failed']
  return { jsonrpc: '2.0', id, error: { code, message: says, data: { code: 'invocation.handler-failed', fix } } }
}
