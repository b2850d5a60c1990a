import { isJsonObject, type JsonObject } from '@lockstep/core'

/**
 * Leaves out of the answer to `initialize` or `server/discover` that resources can be subscribed to: they cannot, since what is told of a change
 * would be told on a decision of long ago. Reading again is decided on again.
 */
export function withoutSubscriptions(outbound: JsonObject): JsonObject {
  const { result } = outbound
  if (!isJsonObject(result) || !isJsonObject(result.capabilities)) return outbound
  const { resources } = result.capabilities
  if (!isJsonObject(resources)) return outbound
  const { subscribe: _, ...rest } = resources
  return { ...outbound, result: { ...result, capabilities: { ...result.capabilities, resources: rest } } }
}
