/** How long a request that is over is still shown, in milliseconds from when it would have expired: seven days. */
export const APPROVAL_KEPT_MS = 7 * 86_400_000

/** How many requests a list holds at most. */
export const MOST_LISTED = 100

/** How many notices of obligations may wait to be told. Beyond that none is taken: whoever has to be told cannot be. */
export const MOST_OBLIGED_NOTICES = 10_000
