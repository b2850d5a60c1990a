import { fence } from './fence.ts'
import type { BarrierNotes } from './notes.ts'

/**
 * Keeps conditions of a resolved statement from running on rows that a filter hides, in place.
 */
export function raiseBarrier(notes: BarrierNotes): void {
  for (const { select } of notes.uses) fence(select)
}
