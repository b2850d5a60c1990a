import { isJsonObject, type JsonObject } from '@lockstep/core'
import { TASKS_EXTENSION } from './task-form.ts'

/**
 * Says in the answer to `initialize` or `server/discover` that there are tasks. They are answered here and not by the server, so what it says
 * of tasks of its own does not leave.
 */
export function announceTasks(method: string, outbound: JsonObject, isOffered: boolean): JsonObject {
  const { result } = outbound
  if (!isJsonObject(result) || !isJsonObject(result.capabilities)) return outbound
  const { tasks: _, ...capabilities } = result.capabilities
  if (!isOffered) return { ...outbound, result: { ...result, capabilities } }
  const announced =
    method === 'initialize'
      ? { ...capabilities, tasks: { cancel: {}, requests: { tools: { call: {} } } } }
      : {
          ...capabilities,
          extensions: {
            ...(isJsonObject(capabilities.extensions) ? capabilities.extensions : {}),
            [TASKS_EXTENSION]: {},
          },
        }
  return { ...outbound, result: { ...result, capabilities: announced } }
}
