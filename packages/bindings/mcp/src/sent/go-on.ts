import type { Outcome } from '@lockstep/core'
import type { GivenBefore } from '@lockstep/invocation'
import type { RoundCall } from '../elicitation/call-binding.ts'
import type { Admitted, PipelineParts } from '../pipeline.ts'
import type { ToolRound } from './tool-round.ts'

/** A call that continues no round. */
export const NO_ROUND = { ok: true, value: undefined } as const

/** The round that a call continues, where its handler asked for input; nothing is used up by this. */
export async function readToolRound(
  { sent, elicitation }: Pick<PipelineParts, 'sent' | 'elicitation'>,
  { caller, message }: Admitted,
  call: RoundCall,
): Promise<Outcome<ToolRound | undefined>> {
  const { requestState } = message.params
  if (requestState === undefined) return NO_ROUND
  const read = await sent.rounds.read(requestState, caller, call)
  const isNone = read.ok && !read.value && !elicitation && sent.rounds.asks(call.tool)
  return isNone ? { ok: false, denial: { code: 'invocation.request-state-invalid' } } : read
}

/** INVARIANT: each round of a call is one request of its own, which may be sent again under the key of the call. */
export function keyOfRound(key: string, round: ToolRound | undefined): string {
  return round ? JSON.stringify([key, round.id]) : key
}

/** What the rounds before used up counts for this one: people consent, and what is spent is spent, once for a call. */
export function usedUp({ measured, approval }: Partial<ToolRound> = {}): Pick<GivenBefore, 'measured' | 'after'> {
  return { measured, ...(approval ? { after: { approval } } : {}) }
}
