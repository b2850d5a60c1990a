import type { AuthorizedCall, JsonObject, Standing } from '@lockstep/core'
import type { Permission } from '@lockstep/invocation'
import { authorityOf } from '../authority-of.ts'
import { callerKey } from '../caller-key.ts'
import { describeCall } from '../describe-call.ts'
import type { Exchange } from '../exchange.ts'
import type { Admitted, Inbound, PipelineParts } from '../pipeline.ts'
import type { Retry } from '../retries.ts'
import { type TaskForm, taskResult } from './task-form.ts'

/** A permitted call that is answered with a task. */
export interface TaskCall extends Pick<Permission, 'settle' | 'release'> {
  readonly call: AuthorizedCall
  readonly capability?: Standing | undefined
  readonly transaction?: Exchange['transaction']
  readonly retry: Retry | undefined
  readonly form: TaskForm
}

/**
 * Answers a call with a task in the place of its result: what the call would have done is granted, and the grant is in the hands of whoever runs
 * it before the task is told. The server sees nothing of it. The intent is durable before anything is granted.
 */
export async function callAsTask(parts: PipelineParts, admitted: Admitted, wanted: TaskCall): Promise<Inbound> {
  const { call, capability, transaction, retry, form, settle, release } = wanted
  const { caller, message, record } = admitted
  const { tool, policyVersion } = call
  const exchange = { trace: caller.trace, caller, call, capability, transaction, tool, mode: 'enforce' } as const
  let mayRun = false
  const create = async () => {
    const { policies } = call.decision
    const detail = { ...describeCall(call, parts.authorityOf), task: true }
    await record({ step: 'invocation', outcome: 'permitted', tool, policies, policyVersion, detail })
    return parts.tasks.create(exchange, call, message.params, (now) => {
      mayRun = now
    })
  }
  try {
    const task = await create().catch(async (error: unknown) => {
      if (mayRun) await retry?.abandon()
      else await Promise.all([release(), retry?.release()])
      throw error
    })
    const body: JsonObject = { jsonrpc: '2.0', id: message.id, result: taskResult(form, task) }
    try {
      await retry?.commit({
        answer: body,
        authority: authorityOf(caller, call.facts, policyVersion),
        labels: await parts.history.labels(callerKey(caller)),
      })
      await record({
        step: 'response',
        outcome: 'completed',
        tool,
        policyVersion,
        detail: { call: call.id, task: task.id },
      })
      await settle()
    } catch (error) {
      // It may run. Where its id was not kept, nobody may make another one before an operator has looked.
      await retry?.abandon()
      throw error
    }
    return { kind: 'answer', answer: { status: 200, headers: {}, body } }
  } finally {
    parts.closeCall(call)
  }
}
