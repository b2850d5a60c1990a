import {
  type AttributeType,
  type EntityDeclarations,
  type EntityFact,
  type EntityRef,
  type Expr,
  literal,
  withParts,
} from '@lockstep/core'

/** What is known where `in` is folded. */
export interface MembershipFacts {
  readonly declared: EntityDeclarations
  /** The entity types of unknowns, by name. */
  readonly types: Readonly<Record<string, string>>
  /** Complete, as in a question. */
  readonly facts: readonly EntityFact[]
}

/**
 * Says `in` without a hierarchy wherever what is known settles it: a known entity is in the unknown one exactly if that is it or
 * something above it, and an entity of a type that can be in nothing is in itself alone. What is left of `in` is about a
 * hierarchy above the resource.
 */
export function foldMembership(expr: Expr, known: MembershipFacts): Expr {
  const fold = (part: Expr): Expr => foldMembership(part, known)
  if (expr.op !== 'in') return withParts(expr, fold)
  const [left, right] = [fold(expr.left), fold(expr.right)]
  const outer = typeOf(right, known)?.is
  const inner = entityOf(left)
  if (inner && right.op !== 'value') {
    const among = literal({ set: withAncestors(inner, known.facts).map((entity) => ({ entity })) })
    if (outer === 'entity') return { op: 'contains', left: among, right }
    if (outer === 'set') return { op: 'containsAny', left: right, right: among }
  }
  const type = typeOf(left, known)
  if (type?.is === 'entity' && known.declared.get(type.entity)?.above.size === 0) {
    if (outer === 'entity') return { op: 'equal', left, right }
    if (outer === 'set') return { op: 'contains', left: right, right: left }
  }
  return { op: 'in', left, right }
}

function entityOf(expr: Expr): EntityRef | undefined {
  return expr.op === 'value' && typeof expr.value === 'object' && 'entity' in expr.value ? expr.value.entity : undefined
}

const ANY_SET: AttributeType = { is: 'set', of: { is: 'record' } }

function typeOf(expr: Expr, known: MembershipFacts): AttributeType | undefined {
  switch (expr.op) {
    case 'value': {
      const entity = entityOf(expr)
      if (entity) return { is: 'entity', entity: entity.type }
      return typeof expr.value === 'object' && 'set' in expr.value ? ANY_SET : undefined
    }
    case 'set':
      return ANY_SET
    case 'unknown': {
      const entity = Object.hasOwn(known.types, expr.name) ? known.types[expr.name] : undefined
      return entity === undefined ? undefined : { is: 'entity', entity }
    }
    case 'get': {
      const of = typeOf(expr.of, known)
      return of?.is === 'entity' ? known.declared.get(of.entity)?.attributes.get(expr.attribute)?.type : undefined
    }
    default:
      return undefined
  }
}

function withAncestors(entity: EntityRef, facts: readonly EntityFact[]): readonly EntityRef[] {
  const found = new Map<string, EntityRef>()
  const queue = [entity]
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { type, id } = next
    const key = JSON.stringify([type, id])
    if (found.has(key)) continue
    found.set(key, { type, id })
    queue.push(...(facts.find((fact) => fact.type === type && fact.id === id)?.parents ?? []))
  }
  return [...found.values()]
}
