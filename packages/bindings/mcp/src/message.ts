import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { MessageId } from './answer.ts'
import { CALLING } from './reached/asked-call.ts'
import { LISTING } from './reached/listing.ts'

/** A JSON-RPC request or notification, its shape checked. */
export interface InboundMessage {
  readonly kind: 'request' | 'notification' | 'response'
  readonly id: MessageId
  readonly method: string
  readonly params: JsonObject
  readonly wire: JsonObject
}

/** Requests that may not come as notifications: they could act without anybody being told. */
const ANSWERED = new Set([...Object.keys(LISTING), ...Object.keys(CALLING)])

/**
 * Reads one JSON-RPC 2.0 message; `undefined` when the value is not one. A batch is not: MCP dropped it in 2025-06-18. Neither is a call
 * that asks for no answer.
 */
export function readMessage(value: JsonValue): InboundMessage | undefined {
  if (!isJsonObject(value) || value.jsonrpc !== '2.0') return undefined
  const { id, method, params } = value
  if (id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id)) return undefined
  const messageId = typeof id === 'string' || typeof id === 'number' ? id : null
  if (method === undefined) {
    if (messageId === null || !('result' in value || 'error' in value)) return undefined
    return { kind: 'response', id: messageId, method: '', params: {}, wire: value }
  }
  if (typeof method !== 'string' || !(params === undefined || isJsonObject(params))) return undefined
  const kind = messageId === null ? 'notification' : 'request'
  if (kind === 'notification' && ANSWERED.has(method)) return undefined
  return { kind, id: messageId, method, params: params ?? {}, wire: value }
}
