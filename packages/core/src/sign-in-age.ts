import type { Assurance } from './flow.ts'

/**
 * Whole seconds since somebody signed in, a part of a second counted as a whole one: what is older than a bound by a moment is older.
 *
 * @param now milliseconds since the epoch
 * @returns `undefined` when the token does not tell
 */
export function signInAge({ authenticatedAt }: Assurance, now: number): number | undefined {
  return authenticatedAt === undefined ? undefined : Math.max(0, Math.ceil(now / 1000 - authenticatedAt))
}
