import type { Caller, Denial, Facts } from '@lockstep/core'
import type { Discovery } from '@lockstep/discovery'

/** Who is refused what. */
export interface Refused {
  readonly caller: Caller
  readonly facts: Facts
  readonly labels: readonly string[]
  readonly tool: string
}

/**
 * Tells a denial as this caller may know the tool: an absent tool is answered like one that does not exist, whatever was wrong with the
 * call; a locked one says what unlocks it.
 */
export function disguise({ judge }: Discovery, { caller, facts, labels, tool }: Refused, denial: Denial): Denial {
  const visibility = judge(caller, facts, tool, labels)
  if (visibility.state === 'usable') return denial
  const { decision, decidedOn } = denial
  const seen: Denial =
    visibility.state === 'absent'
      ? { code: 'discovery.tool-unknown' }
      : { code: 'discovery.tool-locked', unlock: visibility.unlock }
  return { ...seen, ...(decision ? { decision } : {}), ...(decidedOn ? { decidedOn } : {}) }
}
