/** Whether this is the nightly run (`npm run test:nightly`): the same tests with longer counts, and the suites that only it has. */
export const NIGHTLY = process.env.LOCKSTEP_NIGHTLY === '1'

/**
 * Where every draw begins: always the same by day, so that a change is what makes a test fail; another one each night, so that new cases are
 * found. `SEED=<seed>` draws a night's cases again.
 */
export const SEED = Number(process.env.SEED ?? (NIGHTLY ? Date.now() % 2 ** 31 : 20_261))

/** Ten times the usual. */
const MORE = 10

/** How many cases a property test draws: the usual number, nightly ten times as many. */
export function runs(usual: number): number {
  return NIGHTLY ? usual * MORE : usual
}

/** The time limit of a test that draws so many cases, in milliseconds: it grows with them, and with a machine that is busy at night. */
export function within(usual: number): number {
  return NIGHTLY ? usual * MORE * 2 : usual
}
