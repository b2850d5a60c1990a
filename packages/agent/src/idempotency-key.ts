import { randomUUID } from 'node:crypto'
import type { OutgoingRequest } from './outgoing-request.ts'
import type { AgentCall } from './tool-call.ts'

/** The key of a call, for example out of a journal that survives the process; undefined for a fresh one. */
export type ChooseKey = (call: AgentCall) => string | undefined

/**
 * The `Idempotency-Key` of a request that calls a tool: the one it has, else the chosen one, else a fresh one; undefined for every other
 * request. Throws `TypeError` for a chosen key that no server takes.
 */
export function keyForCall(
  { call, headers }: OutgoingRequest,
  choose: ChooseKey | 'none' | undefined,
): string | undefined {
  if (!call) return undefined
  const own = headers.get('idempotency-key')
  if (own !== null) return own
  if (choose === 'none') return undefined
  const { tool, arguments: args } = call
  const chosen = choose?.({ tool, arguments: args })
  if (chosen !== undefined && !/^[\x21-\x7e]{1,256}$/.test(chosen)) {
    throw new TypeError('`idempotencyKey` expected 1 to 256 visible ASCII characters')
  }
  return chosen ?? randomUUID()
}
