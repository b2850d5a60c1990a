import { callTool } from '../call-tool.ts'
import { disguise } from '../disguise.ts'
import type { Admitted, Inbound, PipelineParts } from '../pipeline.ts'
import { ownerOf, readAskedCall } from './asked-call.ts'
import { NO_COMPLETION } from './completion-values.ts'

/**
 * Answers `completion/complete`: of what this pair may not see like of what does not exist; where nothing is declared to be suggested, or nothing to
 * this pair, with nothing, and the server is not asked; else as a call of its own.
 */
export async function completeArgument(parts: PipelineParts, admitted: Admitted): Promise<Inbound> {
  const { caller, facts, labels, message, record } = admitted
  const asked = readAskedCall(parts.reached, 'completion', message)
  if (parts.modes.invocation === 'observe') return callTool(parts, admitted, asked)
  const owner = ownerOf(parts.reached, message.params)
  const judge = (name: string) => parts.discovery.judge(caller, facts, name, labels)
  if (owner === undefined || judge(owner).state !== 'usable') {
    const denial = disguise(
      parts.discovery,
      { caller, facts, labels, tool: owner ?? '' },
      { code: 'discovery.tool-unknown' },
    )
    await record({ step: 'invocation', outcome: 'denied', code: denial.code, ...(owner ? { tool: owner } : {}) })
    return { kind: 'answer', answer: parts.deny(denial, message.id) }
  }
  if (asked.name !== '' && judge(asked.name).state !== 'absent') return callTool(parts, admitted, asked)
  await record({ step: 'response', outcome: 'completed', tool: owner, detail: { suggested: 0 } })
  const result = admitted.presented.modern ? { resultType: 'complete', ...NO_COMPLETION } : NO_COMPLETION
  return { kind: 'answer', answer: { status: 200, headers: {}, body: { jsonrpc: '2.0', id: message.id, result } } }
}
