import type { Clock } from '@lockstep/core'
import type { SigningKey } from '@lockstep/tokens'

/** The keys of transaction tokens at one moment. */
export interface CurrentKeys {
  /** The key to sign with, then those that verify beside it: the one before it for the life of its tokens, and the one after it. */
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  /** Milliseconds since the epoch, when other keys are current. */
  readonly until: number
}

/** What the keys rest on. */
export interface TransactionKeysOptions {
  /** The key that the state keeps under a name, made the first time it is asked for. */
  readonly keptKey: (name: string) => Promise<SigningKey>
  /** How long one key signs, in milliseconds. */
  readonly period: number
  readonly clock: Clock
}

/**
 * How long a key still verifies after it signed for the last time, in milliseconds: the life of a token, and a minute for the clocks of instances
 * that differ.
 */
const OVERLAP_MS = 120_000

/**
 * Creates what tells the keys of now. The clock alone says which they are, so instances over one state agree without a word, and each key is
 * published for a whole period before it signs: who fetched the keys a while ago knows it already. Rejects with `state.unavailable`.
 */
export function createTransactionKeys({ keptKey, period, clock }: TransactionKeysOptions): () => Promise<CurrentKeys> {
  let known: { readonly from: number; readonly until: number; readonly keys: Promise<CurrentKeys> } | undefined

  const load = async (number: number, overlaps: boolean, until: number): Promise<CurrentKeys> => {
    const named = (at: number) => keptKey(`txn-token-key-${at}`)
    const [current, next] = [await named(number), await named(number + 1)]
    return { keys: overlaps ? [current, next, await named(number - 1)] : [current, next], until }
  }

  return () => {
    const now = clock()
    if (known && now >= known.from && now < known.until) return known.keys
    const number = Math.floor(now / period)
    const start = number * period
    const overlaps = now < start + OVERLAP_MS
    const [from, until] = overlaps ? [start, start + OVERLAP_MS] : [start + OVERLAP_MS, start + period]
    const keys = load(number, overlaps, until)
    const loaded = { from, until, keys }
    known = loaded
    // What could not be read is asked for again.
    keys.catch(() => {
      if (known === loaded) known = undefined
    })
    return keys
  }
}
