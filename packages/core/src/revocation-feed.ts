import { RESTORED, revocableName, UNTIL_RESTORED } from './revocation.ts'

/** One revocation or restoration, as every instance hears of it. Holds no name of anybody: `name` is a `revocableName`. */
export interface RevocationNotice {
  readonly name: string
  /** What stands under the name and was issued then or before is revoked: milliseconds since the epoch, `UNTIL_RESTORED` or `RESTORED`. */
  readonly until: number
  /** Counts the changes of this name: of two notices the one with the higher revision is the newer, in whatever order they arrive. */
  readonly revision: number
}

/** Who wants to know what was revoked. Neither method may throw. */
export interface RevocationListener {
  /** The same notice may be heard more than once. */
  heard(notice: RevocationNotice): void
  /** Something may have been revoked without a notice: what rests on a revocable name is to be looked up in the store again. */
  missed(): void
}

/** Tells this process what was revoked, wherever that happened. */
export interface RevocationFeed {
  /**
   * For how many milliseconds something may have been revoked without being told of here; 0 where only this process revokes. Beyond the
   * bound of the configuration, whoever acts on what was decided denies.
   */
  silence(): number
  /**
   * Tells a listener of everything from now on; before it returns, of what lasts: what is revoked until it is restored, and the epochs.
   * Returns what ends the subscription.
   */
  subscribe(listener: RevocationListener): () => void
}

const EPOCHS: ReadonlySet<string> = new Set([revocableName('everything'), revocableName('decisions')])

/** Whether a name counts epochs: every notice of it begins a new one. */
export function beginsEpoch(name: string): boolean {
  return EPOCHS.has(name)
}

/** The names that count epochs. */
export const EPOCH_NAMES: readonly string[] = [...EPOCHS]

/** Whether a notice says something that stays true for what is decided later, so that every instance must know it. */
export function isLasting({ name, until }: Omit<RevocationNotice, 'revision'>): boolean {
  return until === UNTIL_RESTORED || until === RESTORED || beginsEpoch(name)
}
