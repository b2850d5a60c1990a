import { CODES, type JsonObject } from '@lockstep/core'

/** What a server is told of a request that did not leave, in the place of its client. */
export function refusal(id: string | number): JsonObject {
  const { says, fix } = CODES['execution.message-unbound']
  return {
    jsonrpc: '2.0',
    id,
    error: { code: -32600, message: says, data: { code: 'execution.message-unbound', fix } },
  }
}
