import type { Caller, Denial, ErrorCode, JobRecord, JsonObject } from '@lockstep/core'
import type { Answer } from '../answer.ts'
import { authorityOf } from '../authority-of.ts'
import { callerKey } from '../caller-key.ts'
import { readJobAnswer } from '../jobs/job-answer.ts'
import type { Admitted, PipelineParts } from '../pipeline.ts'
import { describeTask, statusOf, TASKS_EXTENSION, type TaskForm, understandsTasks } from './task-form.ts'

/** The methods of tasks, in the forms that have them. */
const METHODS: Readonly<Record<string, readonly TaskForm[]>> = {
  'tasks/get': ['requested', 'extension'],
  'tasks/result': ['requested'],
  'tasks/cancel': ['requested', 'extension'],
  'tasks/update': ['extension'],
}
const UNKNOWN: Denial = { code: 'invocation.task-unknown' }
/** How often it is looked for the end of a task whose result is waited for, in milliseconds. */
const LOOK_MS = 250

/** A request about a task, of an admitted caller. */
export type TaskRequest = Pick<Admitted, 'caller' | 'message' | 'presented' | 'record'>

/** Whether a request is one about tasks, in the form that its era has. */
export function isTaskRequest({ message, presented }: Pick<TaskRequest, 'message' | 'presented'>): boolean {
  return METHODS[message.method]?.includes(formOf(presented)) === true
}

function formOf({ modern }: TaskRequest['presented']): TaskForm {
  return modern ? 'extension' : 'requested'
}

/**
 * Answers a request about a task to the pair of subject and actor that it was made for: to anybody else there is no such task, whatever the id.
 * A result leaves under the authority that it was released under, and no other.
 */
export async function answerTaskRequest(
  parts: PipelineParts,
  { caller, message, presented, record }: TaskRequest,
): Promise<Answer> {
  const form = formOf(presented)
  const refuse = async (denial: Denial): Promise<Answer> => {
    await record({ step: 'invocation', outcome: 'denied', code: denial.code })
    return parts.deny(denial, message.id)
  }
  const answer = (result: JsonObject): Answer => ({
    status: 200,
    headers: {},
    body: {
      jsonrpc: '2.0',
      id: message.id,
      result: form === 'extension' ? { resultType: 'complete', ...result } : result,
    },
  })
  if (form === 'extension' && !understandsTasks(message.params)) return lacksCapability(parts, message.id)
  const task = await parts.tasks.find(caller, message.params.taskId)
  if (!task) return refuse(UNKNOWN)

  switch (message.method) {
    case 'tasks/get': {
      const told = describeTask(form, task)
      if (form === 'requested' || statusOf(task) === 'working' || task.state === 'cancelled') return answer(told)
      const ended = await endOf(parts, caller, task)
      await record({ step: 'response', outcome: 'completed', tool: task.tool, detail: { task: task.id } })
      if ('result' in ended) return answer({ ...told, result: ended.result })
      return answer({ ...told, status: 'failed', error: errorOf(parts, ended.code) })
    }
    case 'tasks/result': {
      const done = await waitFor(parts, caller, task, () => presented.isGone?.() === true)
      if (!done) return refuse({ code: 'invocation.in-progress', retryAfter: 1 })
      const ended: Ended = done.state === 'cancelled' ? CANCELLED : await endOf(parts, caller, done)
      if ('code' in ended) return refuse({ code: ended.code })
      await record({ step: 'response', outcome: 'completed', tool: task.tool, detail: { task: task.id } })
      return answer({ ...ended.result, _meta: { 'io.modelcontextprotocol/related-task': { taskId: task.id } } })
    }
    case 'tasks/cancel': {
      const isCancelled = await parts.tasks.cancel(task.id)
      const outcome = isCancelled ? 'permitted' : 'denied'
      await record({ step: 'invocation', outcome, tool: task.tool, detail: { task: task.id, cancelled: isCancelled } })
      if (form === 'extension') return answer({})
      const now = await parts.tasks.find(caller, task.id)
      return isCancelled && now ? answer(describeTask(form, now)) : parts.deny(UNKNOWN, message.id)
    }
    default:
      // `tasks/update`: nothing is ever asked of the client in the course of a task, so no response is expected.
      return answer({})
  }
}

type Ended = { readonly result: JsonObject } | { readonly code: ErrorCode }
const CANCELLED: Ended = { code: 'invocation.call-closed' }

/** What a task ended with, as far as this caller may have it now. */
async function endOf(parts: PipelineParts, caller: Caller, { answer, tool }: JobRecord): Promise<Ended> {
  const kept = readJobAnswer(answer)
  // An operator said that it happened: there is no result to give.
  if (!kept) return { code: 'invocation.outcome-unknown' }
  if ('code' in kept) return kept
  const [facts, labels] = await Promise.all([parts.relationships.load(caller), parts.history.labels(callerKey(caller))])
  const isUsable = parts.discovery.judge(caller, facts, tool, labels).state === 'usable'
  if (!isUsable || kept.authority !== authorityOf(caller, facts, parts.policyVersion())) {
    return { code: 'invocation.denied' }
  }
  await parts.raise({ caller }, kept.labels)
  return { result: kept.result }
}

/** Waits for the end of a task, for as long as a call may take and somebody waits for the answer. */
async function waitFor(
  parts: PipelineParts,
  caller: Caller,
  task: JobRecord,
  isGone: () => boolean,
): Promise<JobRecord | undefined> {
  const until = performance.now() + parts.callMs
  for (let now: JobRecord | undefined = task; now; now = await parts.tasks.find(caller, task.id)) {
    if (statusOf(now) !== 'working') return now
    if (isGone() || performance.now() >= until) return undefined
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return undefined
}

function errorOf(parts: PipelineParts, code: ErrorCode): JsonObject {
  return parts.deny({ code }, null).body.error as JsonObject
}

/** What a client that does not say that it understands tasks is told about them (-32021). */
function lacksCapability(parts: PipelineParts, id: Parameters<PipelineParts['deny']>[1]): Answer {
  const { body, ...answer } = parts.deny({ code: 'discovery.method-unsupported' }, id)
  const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } }
  const error = { code: -32021, message: 'the request does not declare the tasks extension', data }
  return { ...answer, body: { ...body, error } }
}
