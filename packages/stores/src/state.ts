import type { SingleUseStore } from '@lockstep/core'

/** Lockstep's own state, wherever it is kept. */
export interface State {
  readonly singleUse: SingleUseStore
  /**
   * Returns the text kept under `name`, made by `make` the first time: signing keys live here, so that what was signed before
   * a restart verifies after it. `name` is lower case letters, digits and dashes (`TypeError` otherwise). Rejects with
   * `state.unavailable` when it cannot be read or written.
   */
  keep(name: string, make: () => string | Promise<string>): Promise<string>
  /** Releases everything. Afterwards every method rejects with `state.unavailable`. */
  close(): Promise<void>
}
