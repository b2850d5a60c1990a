/** The one clock of a Lockstep instance. Returns milliseconds since the epoch. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Date.now()
