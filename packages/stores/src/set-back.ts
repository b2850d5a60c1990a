/**
 * How far the clock of an instance may be set back, or be behind that of another, in milliseconds, without anybody noticing: what expired
 * is remembered for so much longer. Set back further, a store refuses until the clock has caught up.
 */
export const SET_BACK_MS = 900_000
