/**
 * How long a test waits for something that must come: until it is there, and for two minutes at the most. A machine that is busy is slow, and
 * that is no fault.
 */
export const PATIENT = { timeout: 120_000, interval: 10 }
