import type { JsonValue } from '@lockstep/core'
import type { CellPlan } from './output-plan.ts'

/** A value as its mask shows it; `undefined` where there is nothing to show: a mask of one's own may throw, or answer with no text. */
export function maskedValue({ mask }: CellPlan, value: JsonValue): string | null | undefined {
  try {
    const shown = mask(value)
    return typeof shown === 'string' || shown === null ? shown : undefined
  } catch {
    return undefined
  }
}
