import { isJsonObject, type JsonObject } from '@lockstep/core'

/** A `tools/call` on its way out. */
export interface AgentCall {
  readonly tool: string
  readonly arguments: JsonObject
}

/** The same, with the id that its answer will carry. */
export interface OutgoingCall extends AgentCall {
  readonly id: string | number
}

/** Reads a message that asks for one call of a tool; undefined for every other message, and for what is none. */
export function readToolCall(body: string): OutgoingCall | undefined {
  try {
    const message: unknown = JSON.parse(body)
    if (!isJsonObject(message) || message.method !== 'tools/call' || !isJsonObject(message.params)) return undefined
    const { id } = message
    const { name, arguments: args = {} } = message.params
    if (typeof name !== 'string' || !isJsonObject(args) || (typeof id !== 'string' && typeof id !== 'number')) {
      return undefined
    }
    return { id, tool: name, arguments: args }
  } catch {
    return undefined
  }
}
