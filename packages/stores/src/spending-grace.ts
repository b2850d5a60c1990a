/**
 * How long what left its window is still remembered, in milliseconds. A clock that ran ahead by less and is set back finds everything that
 * counts again.
 */
export const SPENDING_GRACE_MS = 86_400_000
