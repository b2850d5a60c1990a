import { LockstepError } from '@lockstep/core'

/** How items are put together. */
export interface BatchLimits {
  /** Items in one batch. */
  readonly most: number
  /** Items that are worth a batch of their own: what waits is shared out between the batches that may start, but not in smaller shares. */
  readonly least: number
  /** Batches that run at the same time. */
  readonly inFlight: number
  /** Items that wait; one more is refused. */
  readonly waiting: number
}

interface Waiting<Item, Answer> {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Creates a group commit: an item goes at once while a batch may start, and else with all that came meanwhile. A batch that fails rejects
 * every member, and one too many is refused with `state.unavailable`: nobody takes silence for a yes.
 *
 * No library serves: those at hand batch by tick or by time and bound neither the batches in flight nor those who wait.
 */
export function createBatches<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { most, least, inFlight, waiting: mostWaiting }: BatchLimits,
): (item: Item) => Promise<Answer> {
  const waiting: Waiting<Item, Answer>[] = []
  let running = 0
  let scheduled = false

  async function start(members: readonly Waiting<Item, Answer>[]): Promise<void> {
    running += 1
    try {
      const answers = await run(members.map(({ item }) => item))
      for (const [index, { resolve, reject }] of members.entries()) {
        const answer = answers[index]
        if (answer === undefined) reject(new LockstepError('state.unavailable', 'a batch left one of its members out'))
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of members) reject(error)
    } finally {
      running -= 1
      schedule()
    }
  }

  /** Waits for those who come in the same turn: they travel together. */
  function schedule(): void {
    if (scheduled || waiting.length === 0 || running >= inFlight) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      while (waiting.length > 0 && running < inFlight) {
        const share = Math.ceil(waiting.length / (inFlight - running))
        void start(waiting.splice(0, Math.min(most, Math.max(least, share))))
      }
    })
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= mostWaiting) {
        reject(new LockstepError('state.unavailable', 'too many wait for the store'))
        return
      }
      waiting.push({ item, resolve, reject })
      schedule()
    })
}
