import type { AuthorizedCall } from '@lockstep/core'
import type { PipelineParts } from '../pipeline.ts'
import { createOpenAsks } from './open-asks.ts'
import { createRounds, type OpenRoundsParts } from './open-rounds.ts'
import { createSenders, type OpenSenderParts } from './open-sender.ts'
import { createRoundStates, type RoundStatesOptions } from './round-states.ts'
import { createServerLinks } from './server-links.ts'

/** What `openSent` needs. */
export interface OpenSentOptions
  extends Omit<OpenSenderParts, 'asks'>,
    RoundStatesOptions,
    Pick<OpenRoundsParts, 'approvals'> {
  readonly context: Parameters<typeof createServerLinks>[0]
}

/** Opens what leaves of calls before they are answered. */
export function openSent({ context, raise, ...options }: OpenSentOptions): PipelineParts['sent'] {
  const asks = createOpenAsks()
  const raised = new WeakMap<AuthorizedCall, Set<string>>()
  /** Labels last longer than a call, so each is raised once in it. */
  const raiseOnce = async (call: AuthorizedCall, labels: readonly string[]): Promise<void> => {
    const before = raised.get(call) ?? new Set()
    const fresh = labels.filter((label) => !before.has(label))
    if (fresh.length === 0) return
    await raise(call, fresh)
    raised.set(call, new Set([...before, ...fresh]))
  }
  const releasing = { ...options, raise: raiseOnce }
  return {
    asks,
    links: createServerLinks(context),
    open: createSenders({ ...releasing, asks }),
    rounds: createRounds({ ...releasing, states: createRoundStates(options) }),
  }
}
