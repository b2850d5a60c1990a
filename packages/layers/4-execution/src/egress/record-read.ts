import { type Expr, partsOf, type Value } from '@lockstep/core'

/** What a condition reads of a record. */
export interface RecordRead {
  readonly attributes: ReadonlySet<string>
  /** Whether it looks at more than the values of attributes: at which record it is, what it is in, or what its references lead to. */
  readonly isWhole: boolean
  /**
   * Of attributes that are only held against texts and entities that stand in the condition: these texts, and the ids of these entities. All others
   * are the same to it.
   */
  readonly told: ReadonlyMap<string, ReadonlySet<string>>
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
  const told = new Map<string, Set<string>>()
  /** Attributes whose values are looked at in any other way. */
  const open = new Set<string>()
  let isWhole = false
  const visit = (expr: Expr): void => {
    if (expr.op === 'get' || expr.op === 'has') {
      attributes.add(expr.attribute)
      if (expr.op === 'get') open.add(expr.attribute)
      const ofResource = expr.of.op === 'unknown' && expr.of.name === 'resource'
      if (ofResource) return
      isWhole = true
    } else if (expr.op === 'equal' || expr.op === 'contains') {
      const compared = comparedIn(expr)
      if (compared) {
        attributes.add(compared.attribute)
        const known = told.get(compared.attribute) ?? new Set()
        for (const text of compared.texts) known.add(text)
        told.set(compared.attribute, known)
        return
      }
    } else if (!BY_VALUE.has(expr.op) || (expr.op === 'unknown' && expr.name === 'resource')) isWhole = true
    for (const part of partsOf(expr)) visit(part)
  }
  visit(condition)
  for (const attribute of open) told.delete(attribute)
  return { attributes, isWhole, told }
}

/** An attribute of the resource that is held against what stands beside it; `undefined` for any other comparison. */
function comparedIn({ op, left, right }: Extract<Expr, { readonly left: Expr }>) {
  const [given, of] = left.op === 'value' ? [left.value, right] : op === 'equal' ? [rightValue(right), left] : []
  if (given === undefined || of?.op !== 'get' || of.of.op !== 'unknown' || of.of.name !== 'resource') return undefined
  const among = op === 'equal' ? [given] : typeof given === 'object' && 'set' in given ? given.set : undefined
  return among && { attribute: of.attribute, texts: among.flatMap(textIn) }
}

function rightValue(expr: Expr): Value | undefined {
  return expr.op === 'value' ? expr.value : undefined
}

/** What a text can be equal to: no number, truth or extension value is. */
function textIn(value: Value): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && 'entity' in value ? [value.entity.id] : []
}
