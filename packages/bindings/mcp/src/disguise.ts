import type { Caller, Denial, Facts } from '@lockstep/core'
import type { Discovery } from '@lockstep/discovery'

/** For whom a denial is disguised, and on what grounds. */
export interface DisguiseTerms {
  readonly discovery: Pick<Discovery, 'judge'>
  readonly caller: Caller
  readonly facts: Facts
  readonly labels: readonly string[]
}

/**
 * A denial as this caller may see it: an absent tool called by name is answered like a tool that does not exist, so that no answer tells the
 * two apart; a locked one says what unlocks it.
 */
export function disguise({ discovery, caller, facts, labels }: DisguiseTerms, tool: string, denial: Denial): Denial {
  const visibility = discovery.judge(caller, facts, tool, labels)
  if (visibility.state === 'usable') return denial
  const { decision } = denial
  const seen: Denial =
    visibility.state === 'absent'
      ? { code: 'discovery.tool-unknown' }
      : { code: 'discovery.tool-locked', unlock: visibility.unlock }
  return decision ? { ...seen, decision } : seen
}
