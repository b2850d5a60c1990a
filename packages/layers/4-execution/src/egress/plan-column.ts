import { type ColumnMapping, type EntityTable, type JsonValue, type MaskOptions, ROW_CLASS } from '@lockstep/core'
import { createMask } from '../policy/mask.ts'
import type { CellPlan, Fits } from './output-plan.ts'
import { ANY_SCALAR } from './scalar-kinds.ts'

/** The cell of a column. */
export function planColumn(
  { entity }: EntityTable,
  column: string,
  mapping: ColumnMapping,
  masks: MaskOptions | undefined,
): CellPlan {
  const name = `${entity}.${column}`
  const mask = createMask(mapping.mask, { name, stored: mapping.type, type: {} }, masks)
  const isList = mapping.type.endsWith('[]')
  const isScalar = !isList && !/^jsonb?$/.test(mapping.type)
  // An object in the place of scalars is something that the mapping knows nothing about.
  const fits: Fits = isScalar ? holdsNoMembers : isList ? (value) => holdsScalars(value) : () => true
  return {
    kind: 'cell',
    name,
    class: mapping.class ?? ROW_CLASS,
    mask: (value) => mask.value(value),
    scalars: isList ? 0 : ANY_SCALAR,
    fits,
    labels: [],
  }
}

const holdsNoMembers: Fits = (value) => typeof value !== 'object' || value === null

/** Lists of PostgreSQL have any number of dimensions. */
function holdsScalars(value: JsonValue, depth = 0): boolean {
  if (value === null) return true
  return (
    Array.isArray(value) && depth < 8 && value.every((item) => holdsNoMembers(item) || holdsScalars(item, depth + 1))
  )
}
