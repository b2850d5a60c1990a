import type { Denial } from '@lockstep/core'

/** A denial as a layer's answer. */
export function deny(denial: Denial): { readonly ok: false; readonly denial: Denial } {
  return { ok: false, denial }
}
