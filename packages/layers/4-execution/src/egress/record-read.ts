import { type Expr, partsOf } from '@lockstep/core'

/** What a condition reads of a record. */
export interface RecordRead {
  readonly attributes: ReadonlySet<string>
  /** Whether it looks at more than the values of attributes: at which record it is, what it is in, or what its references lead to. */
  readonly isWhole: boolean
}

/** Operators over values alone: two records with the same values have the same answer. */
const BY_VALUE = new Set<Expr['op']>([
  ...([
    'value',
    'unknown',
    'and',
    'or',
    'not',
    'if',
    'equal',
    'less',
    'lessOrEqual',
    'contains',
    'containsAll',
  ] as const),
  ...(['containsAny', 'like', 'is', 'negate', 'add', 'subtract', 'multiply', 'set', 'call'] as const),
])

/** Works out what a condition reads of `resource`. */
export function readOf(condition: Expr): RecordRead {
  const attributes = new Set<string>()
  let isWhole = false
  const visit = (expr: Expr): void => {
    if (expr.op === 'get' || expr.op === 'has') {
      attributes.add(expr.attribute)
      const ofResource = expr.of.op === 'unknown' && expr.of.name === 'resource'
      if (ofResource) return
      isWhole = true
    } else if (!BY_VALUE.has(expr.op) || (expr.op === 'unknown' && expr.name === 'resource')) isWhole = true
    for (const part of partsOf(expr)) visit(part)
  }
  visit(condition)
  return { attributes, isWhole }
}
