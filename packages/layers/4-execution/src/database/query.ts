/** Sends one parameterized statement under Lockstep's own authority and resolves to its rows. */
export type Query = (text: string, parameters: unknown[]) => Promise<readonly Record<string, unknown>[]>
