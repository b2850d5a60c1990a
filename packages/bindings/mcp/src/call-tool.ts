import { type AuthorizedCall, type Denial, digest, isJsonObject, type Mode } from '@lockstep/core'
import type { Admitted, Inbound, PipelineParts } from './pipeline.ts'

/** Decides on one `tools/call`, forwards it, and releases what comes back. */
export async function callTool(parts: PipelineParts, admitted: Admitted): Promise<Inbound> {
  const { caller, facts, message } = admitted
  const tool = typeof message.params.name === 'string' ? message.params.name : ''
  const declaration = Object.hasOwn(parts.tools, tool) ? parts.tools[tool] : undefined
  if (!declaration) return refuse(parts, admitted, tool, { code: 'discovery.tool-unknown' })
  const mode: Mode = declaration.mode ?? parts.modes.invocation

  const wire = isJsonObject(message.params.arguments) ? message.params.arguments : {}
  const parsed = await parts.catalog.parse(tool, wire)
  if (!parsed.ok) {
    // Whoever may not see the tool does not learn its schema from our complaint.
    const { state } = parts.discovery.judge(caller, facts, tool)
    if (state === 'absent') return refuse(parts, admitted, tool, { code: 'discovery.tool-unknown' })
    return refuse(parts, admitted, tool, { code: 'invocation.arguments-invalid', detail: parsed.problem })
  }

  const outcome = await parts.invocation.authorize(caller, facts, {
    tool,
    arguments: parsed.value,
    argumentsDigest: digest(wire),
  })
  if (outcome.ok) return await run(parts, admitted, outcome.value, mode)
  const denial = disguise(parts, admitted, tool, outcome.denial)
  if (mode === 'enforce') return refuse(parts, admitted, tool, denial)
  await recordDenial(admitted, tool, denial, 'observed')
  return observe(admitted)
}

/** The intent is durable before the handler runs; the outcome is durable before the answer leaves. */
async function run(parts: PipelineParts, admitted: Admitted, call: AuthorizedCall, mode: Mode): Promise<Inbound> {
  const { caller, message, record } = admitted
  try {
    await record({
      step: 'invocation',
      outcome: mode === 'enforce' ? 'permitted' : 'observed',
      tool: call.tool,
      policies: call.decision.policies,
      policyVersion: call.policyVersion,
      detail: {
        call: call.id,
        ...(call.resource ? { resource: `${call.resource.type}::${call.resource.id}` } : {}),
        digests: { arguments: call.argumentsDigest, ...(call.resourceDigest ? { resource: call.resourceDigest } : {}) },
        facts: call.facts.revision,
        obligations: call.obligations.map(({ name, policyId }) => `${name}@${policyId}`),
      },
    })
  } catch (error) {
    parts.closeCall(call)
    throw error
  }
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, call, mode },
    release: async (outbound) => {
      if (outbound.id !== message.id) return undefined
      const released = parts.release(call, outbound, mode)
      await record({
        step: 'response',
        outcome: released.failed ? 'failed' : 'completed',
        tool: call.tool,
        policyVersion: call.policyVersion,
        detail: { call: call.id, ...released.withheld },
      })
      parts.closeCall(call)
      return released.message
    },
    close: () => parts.closeCall(call),
  }
}

/** A denied call that is only observed runs without an authorized call, and nothing about it changes. */
function observe({ caller, message }: Admitted): Inbound {
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, mode: 'observe' },
    release: async (outbound) => (outbound.id === message.id ? outbound : undefined),
    close: () => undefined,
  }
}

/** An absent tool called by name is answered like a tool that does not exist; a locked one says what unlocks it. */
function disguise(parts: PipelineParts, { caller, facts }: Admitted, tool: string, denial: Denial): Denial {
  const visibility = parts.discovery.judge(caller, facts, tool)
  if (visibility.state === 'absent') return { ...denial, code: 'discovery.tool-unknown' }
  if (visibility.state === 'locked') return { ...denial, code: 'discovery.tool-locked', unlock: visibility.unlock }
  return denial
}

async function refuse(parts: PipelineParts, admitted: Admitted, tool: string, denial: Denial): Promise<Inbound> {
  await recordDenial(admitted, tool, denial, 'denied')
  return { kind: 'answer', answer: parts.deny(denial, admitted.message.id) }
}

async function recordDenial(admitted: Admitted, tool: string, denial: Denial, outcome: 'denied' | 'observed') {
  await admitted.record({
    step: 'invocation',
    outcome,
    code: denial.code,
    ...(tool ? { tool: tool.slice(0, 128) } : {}),
    ...(denial.decision ? { policies: denial.decision.policies, policyVersion: denial.decision.policyVersion } : {}),
  })
}
