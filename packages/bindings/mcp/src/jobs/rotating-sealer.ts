import type { Clock } from '@lockstep/core'
import { createGrantSealer, createSealingKey, type GrantSealer } from '@lockstep/tokens'
import { LONGEST_GRANT_MS } from './grant-options.ts'

/** What the sealer rests on. */
export interface RotatingSealerOptions {
  /** The secret that the state keeps under a name, made the first time it is asked for. Rejects with `state.unavailable`. */
  readonly keptSecret: (name: string) => Promise<string>
  readonly trustDomain: string
  readonly clock: Clock
}

/**
 * Creates a sealer whose key is another one in every period, which is as long as the longest grant: so the key of now and the one before it open
 * every grant that counts. The clock alone says which they are, so instances over one state agree without a word; the key of the next period opens
 * too, for those whose clocks are ahead. Rejects with `state.unavailable`.
 */
export function createRotatingSealer({ keptSecret, trustDomain, clock }: RotatingSealerOptions): GrantSealer {
  let known: { readonly period: number; readonly sealer: Promise<GrantSealer> } | undefined

  const load = async (period: number): Promise<GrantSealer> => {
    const key = async (of: number) => createSealingKey(await keptSecret(`grant-key-${of}`))
    return createGrantSealer({ keys: [await key(period), await key(period - 1), await key(period + 1)], trustDomain })
  }

  const now = (): Promise<GrantSealer> => {
    const period = Math.floor(clock() / LONGEST_GRANT_MS)
    if (known?.period === period) return known.sealer
    const loaded = { period, sealer: load(period) }
    known = loaded
    // What could not be read is asked for again.
    loaded.sealer.catch(() => {
      if (known === loaded) known = undefined
    })
    return loaded.sealer
  }

  return {
    seal: async (content) => (await now()).seal(content),
    open: async (sealed) => (await now()).open(sealed),
  }
}
