import { type Expr, LockstepError, type PatternPart, type Value } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import { arrayOf, cast, choose, column, combine, equalsAny, like, not, operation, truth } from '../statement/ast.ts'
import { type AttributeKind, storedValue } from './attribute-kind.ts'
import type { AttributeColumn, CatalogTable } from './catalog.ts'

/** Binds one value and returns the parameter that stands for it. */
export type Bind = (value: unknown) => Node

/** What a comparison can have on either side. */
type Operand =
  | { readonly at: 'column'; readonly kind: AttributeKind; readonly node: Node; readonly type: TypeName }
  | { readonly at: 'value'; readonly value: Value }

/**
 * Translates a condition on one row into SQL that is true for exactly the rows for which the condition is true. Exact because
 * attribute columns are NOT NULL, types are compared as Cedar compares them, and values are bound, never printed.
 *
 * Whatever has no exact form throws `execution.mapping-invalid`, which denies: a conjunct is never dropped.
 */
export function translateCondition(condition: Expr, table: CatalogTable, bind: Bind): Node {
  const translate = (expr: Expr): Node => {
    switch (expr.op) {
      case 'value':
        if (typeof expr.value === 'boolean') return truth(expr.value)
        break
      case 'and':
        return combine('AND_EXPR', translate(expr.left), translate(expr.right))
      case 'or':
        return combine('OR_EXPR', translate(expr.left), translate(expr.right))
      case 'not':
        return not(translate(expr.of))
      case 'if':
        return choose([[translate(expr.test), translate(expr.then)]], translate(expr.else))
      case 'get': {
        const operand = operandOf(expr, table)
        if (operand.at === 'column' && operand.kind.is === 'boolean') return operand.node
        break
      }
      case 'has':
        // INVARIANT: attribute columns are NOT NULL (checkTables), so a mapped attribute is always there.
        if (isResource(expr.of) && table.attributes.has(expr.attribute)) return truth(true)
        break
      case 'is': {
        if (isResource(expr.of)) return truth(expr.type === table.entity)
        const operand = operandOf(expr.of, table)
        if (operand.at === 'column' && operand.kind.is === 'entity') return truth(operand.kind.entity === expr.type)
        break
      }
      case 'equal':
        return equal(operandOf(expr.left, table), operandOf(expr.right, table), bind)
      case 'less':
        return compare(operandOf(expr.left, table), '<', operandOf(expr.right, table), bind)
      case 'lessOrEqual':
        return compare(operandOf(expr.left, table), '<=', operandOf(expr.right, table), bind)
      case 'contains':
        return contains(setOf(expr.left), operandOf(expr.right, table), bind)
      case 'like': {
        const operand = operandOf(expr.of, table)
        if (operand.at === 'column' && operand.kind.is === 'string') return matches(operand, expr.pattern, bind)
        break
      }
    }
    throw inexact(expr.op)
  }
  return translate(condition)
}

function operandOf(expr: Expr, table: CatalogTable): Operand {
  if (expr.op === 'value') return { at: 'value', value: expr.value }
  let attribute: AttributeColumn | undefined
  if (isResource(expr)) attribute = table.key
  else if (expr.op === 'get' && isResource(expr.of)) attribute = table.attributes.get(expr.attribute)
  if (!attribute) throw inexact(expr.op)
  return {
    at: 'column',
    kind: attribute.kind,
    node: column(table.name, attribute.column.name),
    type: attribute.column.type,
  }
}

function equal(left: Operand, right: Operand, bind: Bind): Node {
  if (left.at === 'value' && right.at === 'column') return equal(right, left, bind)
  if (left.at !== 'column') throw inexact('equal')
  if (right.at === 'value') {
    const stored = storedValue(left.kind, right.value)
    return stored === undefined ? truth(false) : operation(left.node, '=', cast(bind(stored), left.type))
  }
  if (left.kind.is !== right.kind.is) return truth(false)
  if (left.kind.is === 'entity' && right.kind.is === 'entity') {
    if (left.kind.entity !== right.kind.entity) return truth(false)
    if (left.kind.ids !== right.kind.ids) throw inexact('equal')
  }
  return operation(left.node, '=', right.node)
}

function compare(left: Operand, operator: '<' | '<=', right: Operand, bind: Bind): Node {
  const node = (operand: Operand): Node => {
    if (operand.at === 'column' && operand.kind.is === 'long') return operand.node
    if (operand.at === 'value' && Number.isSafeInteger(operand.value)) return cast(bind(String(operand.value)), BIGINT)
    throw inexact('less')
  }
  return operation(node(left), operator, node(right))
}

// The bound may lie outside the column's own type, so it is bound as the widest one.
const BIGINT: TypeName = { names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: 'int8' } }], typemod: -1 }

function contains(set: readonly Value[], item: Operand, bind: Bind): Node {
  if (item.at !== 'column') throw inexact('contains')
  const stored = set.map((value) => storedValue(item.kind, value)).filter((value) => value !== undefined)
  return equalsAny(item.node, cast(bind(stored), arrayOf(item.type)))
}

function setOf(expr: Expr): readonly Value[] {
  if (expr.op === 'value' && typeof expr.value === 'object' && 'set' in expr.value) return expr.value.set
  if (expr.op === 'set') {
    return expr.items.map((item) => {
      if (item.op !== 'value') throw inexact('set')
      return item.value
    })
  }
  throw inexact('contains')
}

function matches(operand: Operand & { at: 'column' }, pattern: readonly PatternPart[], bind: Bind): Node {
  const text = pattern.map((part) => (part === null ? '%' : part.replace(/[\\%_]/g, '\\$&'))).join('')
  if (storedValue({ is: 'string' }, text) === undefined) return truth(false)
  return like(operand.node, cast(bind(text), { names: [{ String: { sval: 'text' } }], typemod: -1 }))
}

function isResource(expr: Expr): boolean {
  return expr.op === 'unknown' && expr.name === 'resource'
}

function inexact(op: string): LockstepError {
  return new LockstepError(
    'execution.mapping-invalid',
    `a read policy uses \`${op}\` in a way that has no exact SQL form`,
  )
}
