import { isJsonObject, type JobRecord, type JsonObject } from '@lockstep/core'

/**
 * The two forms of tasks: `requested` is that of MCP 2025-11-25, where the client asks for one with the call; `extension` that of
 * `io.modelcontextprotocol/tasks` for 2026-07-28, where the server decides and the client says with each request that it understands.
 */
export type TaskForm = 'requested' | 'extension'

/** The identifier of the extension. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks'
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'

/** How often a client should ask, in milliseconds. */
const POLL_MS = 1_000

/** Whether a request says that its sender understands the extension. */
export function understandsTasks({ _meta: meta }: JsonObject): boolean {
  const capabilities = isJsonObject(meta) ? meta[CAPABILITIES] : undefined
  const extensions = isJsonObject(capabilities) ? capabilities.extensions : undefined
  return isJsonObject(extensions) && Object.hasOwn(extensions, TASKS_EXTENSION)
}

/**
 * In which form a call wants, or may be given, a task; undefined for neither.
 *
 * @param isModern whether the request is of 2026-07-28 or later
 */
export function taskFormOf(params: JsonObject, isModern: boolean): TaskForm | undefined {
  if (isModern) return understandsTasks(params) ? 'extension' : undefined
  return isJsonObject(params.task) ? 'requested' : undefined
}

/** A task as its form tells it. The task is a job: `waiting`, `running` and `unknown` are all at work for whoever waits. */
export function describeTask(form: TaskForm, job: JobRecord): JsonObject {
  const { id, grantedAt, expiresAt, changedAt } = job
  const ttl = expiresAt - grantedAt
  return {
    taskId: id,
    status: statusOf(job),
    ...(job.state === 'unknown' ? { statusMessage: 'its outcome is not known yet: an operator has to look' } : {}),
    createdAt: new Date(grantedAt).toISOString(),
    lastUpdatedAt: new Date(changedAt).toISOString(),
    ...(form === 'requested' ? { ttl, pollInterval: POLL_MS } : { ttlMs: ttl, pollIntervalMs: POLL_MS }),
  }
}

/** The status of a task, in the words of both forms. */
export function statusOf({ state }: Pick<JobRecord, 'state'>): 'working' | 'completed' | 'failed' | 'cancelled' {
  return state === 'waiting' || state === 'running' || state === 'unknown' ? 'working' : state
}

/** What a call is answered with in the place of its result. */
export function taskResult(form: TaskForm, job: JobRecord): JsonObject {
  const task = describeTask(form, job)
  return form === 'requested' ? { task } : { resultType: 'task', ...task }
}
