import type { Drill } from '@lockstep/core'
import type { ExplainedCall } from '@lockstep/mcp'
import { openDrilled } from './open-drilled.ts'

/** What a second process of a drill is told first. */
export interface ObserverOrder {
  readonly config: string | undefined
  readonly drill: Drill
  readonly asked: ExplainedCall
}

/** What it says: after it opened, and whenever the decision is another one than before. */
export interface Observation {
  readonly effect: 'permit' | 'deny'
}

const LOOK_EVERY_MS = 2

/** The second process of a drill: over the same state, it asks the same question again and again, and tells each change. */
process.once('message', async ({ config, drill, asked }: ObserverOrder) => {
  const { lockstep } = await openDrilled(config, drill, 'drill')
  process.once('disconnect', () => process.exit(0))
  let last: string | undefined
  let version: string | undefined
  for (;;) {
    // What a new version decides is asked; under the same one it is the same.
    if (version !== lockstep.policyVersion) {
      version = lockstep.policyVersion
      const { effect } = await lockstep.explain(asked)
      if (effect !== last) process.send?.({ effect } satisfies Observation)
      last = effect
    }
    await new Promise((next) => setTimeout(next, LOOK_EVERY_MS))
  }
})
