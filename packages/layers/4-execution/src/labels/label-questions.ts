import type { LabelQuestion } from '@lockstep/core'
import type { ScopedRelation } from '../policy/scope-relation.ts'
import type { LabelPlace } from './label-places.ts'
import { labelProbe } from './label-probe.ts'

// A relation goes with the decision that it was made from, and so do its probes.
const probes = new WeakMap<ScopedRelation, Map<string, LabelQuestion['probe']>>()

/** Asks, for each of these labels of a table, whether the answer rests on rows that carry it. */
export function labelQuestions(relation: ScopedRelation, places: readonly LabelPlace[]): readonly LabelQuestion[] {
  return places.map(({ column, ...place }) => ({
    ...place,
    relation: relation.table.id,
    probe: probeOf(relation, column),
  }))
}

function probeOf(relation: ScopedRelation, column: string): LabelQuestion['probe'] {
  const known = probes.get(relation) ?? new Map<string, LabelQuestion['probe']>()
  probes.set(relation, known)
  const probe = known.get(column) ?? labelProbe(relation.table, relation.row, column)
  known.set(column, probe)
  return probe
}
