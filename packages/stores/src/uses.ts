import type { Consumption, SingleUse } from '@lockstep/core'

/** What remembers the uses of one space. */
export interface Uses {
  /** As `SingleUseStore.consume`. */
  consume(use: SingleUse): Promise<Consumption>
  /** As `SingleUseStore.wasConsumed`. */
  wasConsumed(id: string): Promise<boolean>
  /** Prepares it, once, before its first use. Rejects with `state.unavailable`. */
  open(): Promise<void>
}
