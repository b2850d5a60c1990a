/** How long the feed may be silent when nothing is configured. Milliseconds. */
export const DEFAULT_BOUND_MS = 5_000

const SHORTEST_BOUND_MS = 250

/** Checks a bound in milliseconds. Throws `TypeError`. */
export function checkBound(bound: number): void {
  if (!Number.isSafeInteger(bound) || bound < SHORTEST_BOUND_MS) {
    throw new TypeError(`\`bound\` must be whole milliseconds, at least ${SHORTEST_BOUND_MS}`)
  }
}
