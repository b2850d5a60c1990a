import type { AttributeType } from '@lockstep/core'
import type { AttributeKind } from '../policy/attribute-kind.ts'

/**
 * How a column holds the values of an attribute that the schema declares: `exactly`, so that rows can be compared in SQL; `as-text`, an
 * extension value by its literal, which can be loaded and decided on but has as many spellings as one likes; `undefined`, not at all.
 */
export function fitsType(kind: AttributeKind, type: AttributeType): 'exactly' | 'as-text' | undefined {
  if (type.is === 'entity') return kind.is === 'entity' && kind.entity === type.entity ? 'exactly' : undefined
  if (type.is === 'set') return kind.is === 'set' ? fitsType(kind.of, type.of) : undefined
  if (type.is !== 'extension') return kind.is === type.is ? 'exactly' : undefined
  if (kind.is === type.type) return 'exactly'
  return kind.is === 'string' ? 'as-text' : undefined
}
