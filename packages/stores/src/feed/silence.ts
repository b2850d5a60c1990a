/** Since when a feed is silent. By the time that passes and not by a clock that may be set: a clock set back would hide a silence. */
export interface Silence {
  /** Milliseconds since the last moment up to which everything was heard. */
  ms(): number
  /** Everything that was revoked before `moment` (of `performance.now()`) was heard. */
  heardUpTo(moment: number): void
  /** From now on nothing is ever heard again. */
  end(): void
}

/** Creates it for a feed that was heard just now. */
export function createSilence(): Silence {
  let upTo = performance.now()
  return {
    ms: () => performance.now() - upTo,
    heardUpTo(moment) {
      upTo = Math.max(upTo, moment)
    },
    end() {
      upTo = Number.NEGATIVE_INFINITY
    },
  }
}
