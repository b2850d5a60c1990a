import {
  type Bindings,
  compile,
  type EntityRef,
  type Expr,
  type FactChange,
  type Known,
  type Value,
} from '@lockstep/core'
import { VARIABLES } from './decode-expr.ts'

/**
 * One change of a fact about the principal after which a condition could hold: a membership, a value more in a set, another value. It is a
 * proposal: whoever tells it asks the policy again with it.
 */
export function neededChange(
  expr: Expr,
  principal: EntityRef,
  bindings: Bindings,
  known: Known,
): FactChange | undefined {
  const again = (other: Expr) => neededChange(other, principal, bindings, known)
  const valueAt = (other: Expr): Value | undefined => {
    try {
      return compile(other)(bindings, known)
    } catch {
      return undefined
    }
  }
  const set = (attribute: string | undefined, value: Value | undefined): FactChange | undefined =>
    attribute === undefined || value === undefined ? undefined : { entity: principal, kind: 'set', attribute, value }
  const above = (value: Value | undefined, by: number) => (typeof value === 'number' ? value + by : undefined)

  switch (expr.op) {
    case 'and':
      return valueAt(expr.left) === true ? again(expr.right) : (again(expr.left) ?? again(expr.right))
    case 'or':
      return again(expr.left) ?? again(expr.right)
    case 'in': {
      const group = isPrincipal(expr.left) ? firstEntity(valueAt(expr.right)) : undefined
      return group && { entity: principal, kind: 'member', of: group }
    }
    case 'contains': {
      const [attribute, value] = [attributeOf(expr.left), valueAt(expr.right)]
      if (attribute === undefined || value === undefined) return undefined
      return { entity: principal, kind: 'add', attribute, value }
    }
    case 'equal':
      return set(attributeOf(expr.left), valueAt(expr.right)) ?? set(attributeOf(expr.right), valueAt(expr.left))
    case 'lessOrEqual':
    case 'less': {
      const apart = expr.op === 'less' ? 1 : 0
      return (
        set(attributeOf(expr.right), above(valueAt(expr.left), apart)) ??
        set(attributeOf(expr.left), above(valueAt(expr.right), -apart))
      )
    }
    default:
      return undefined
  }
}

function isPrincipal(expr: Expr): boolean {
  return expr.op === 'unknown' && expr.name === VARIABLES.principal
}

function attributeOf(expr: Expr): string | undefined {
  return expr.op === 'get' && isPrincipal(expr.of) ? expr.attribute : undefined
}

function firstEntity(value: Value | undefined): EntityRef | undefined {
  if (typeof value !== 'object') return undefined
  if ('entity' in value) return value.entity
  return 'set' in value ? firstEntity(value.set[0]) : undefined
}
