import type { Denial, ErrorCode } from '@lockstep/core'

/** A denial as an outcome. `detail` is constant text. */
export function refuse(code: ErrorCode, detail?: string): { readonly ok: false; readonly denial: Denial } {
  return { ok: false, denial: detail === undefined ? { code } : { code, detail } }
}
