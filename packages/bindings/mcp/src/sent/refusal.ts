import { CODES, type ErrorCode, type JsonObject } from '@lockstep/core'

/** What a server is told of a request that did not leave, in the place of its client. */
export function refusal(id: string | number, code: ErrorCode = 'execution.message-unbound'): JsonObject {
  const { says, fix } = CODES[code]
  return {
    jsonrpc: '2.0',
    id,
    error: { code: -32600, message: says, data: { code, fix } },
  }
}
