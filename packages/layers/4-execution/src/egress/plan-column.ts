import { type ColumnMapping, type EntityTable, type JsonValue, type MaskOptions, ROW_CLASS } from '@lockstep/core'
import { createMask } from '../policy/mask.ts'
import type { CellPlan } from './output-plan.ts'

/** The cell of a column. */
export function planColumn(
  { entity }: EntityTable,
  column: string,
  mapping: ColumnMapping,
  masks: MaskOptions | undefined,
): CellPlan {
  const name = `${entity}.${column}`
  const mask = createMask(mapping.mask, { name, stored: mapping.type, type: {} }, masks)
  const isScalar = !/^jsonb?$|\[\]$/.test(mapping.type)
  // A column of a scalar type holds a scalar: an object in its place is something that the mapping knows nothing about.
  const fits = isScalar ? (value: JsonValue) => typeof value !== 'object' || value === null : () => true
  return { kind: 'cell', name, class: mapping.class ?? ROW_CLASS, mask: (value) => mask.value(value), fits, labels: [] }
}
