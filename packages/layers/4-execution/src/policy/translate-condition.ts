import { alwaysFails, type Expr, type PatternPart, partsOf } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import {
  arrayOf,
  BIGINT,
  call,
  cast,
  choose,
  column,
  combine,
  integer,
  isTrue,
  like,
  not,
  nothing,
  operation,
  TEXT,
  truth,
} from '../statement/ast.ts'
import { type ScalarKind, storedValue } from './attribute-kind.ts'
import type { AttributeColumn, CatalogTable } from './catalog.ts'
import { inHierarchy } from './in-hierarchy.ts'
import { exists, where } from './policy-look.ts'
import {
  attributeColumn,
  type Bind,
  comparable,
  constant,
  inexact,
  isCertain,
  laterName,
  lookAt,
  type Operand,
  operandOf,
  pathOf,
  placeOf,
  type ReadLater,
  type RowScope,
} from './row-scope.ts'
import { contains, containsAll, containsAny, equalOperands, equalSets, isSet, setOf } from './set-conditions.ts'

export type { Bind } from './row-scope.ts'

/**
 * Translates a condition on one row into SQL that is true for exactly the rows for which the condition is true. Exact because
 * a NULL stands only for an optional attribute that is absent, which strict validation lets no policy read unguarded; types
 * are compared as Cedar compares them; and values are bound, never printed. A row with a cell that is no value of its
 * attribute (`NaN`, `infinity`, a NULL in an array) meets no condition that reads it.
 *
 * Paths through a reference and views of members become sub-selects over the raw tables: they are the policy's own look.
 *
 * Whatever has no exact form throws `execution.mapping-invalid`, which denies: a conjunct is never dropped.
 *
 * @param later what stands for values that a question will bring, where there is none yet
 */
export function translateCondition(
  condition: Expr,
  table: CatalogTable,
  bind: Bind,
  later: ReadLater = looksLike(bind),
): Node {
  let aliases = 0
  const scope: RowScope = {
    places: new Map([['resource', { table, qualifier: table.name }]]),
    bind,
    later,
    read: new Map(),
    alias: () => {
      aliases += 1
      return `__${aliases}`
    },
  }
  const node = translate(condition, scope)
  const values = [...scope.read.values()].flatMap((attribute) =>
    isCertain(attribute.kind) ? [] : [isValue(attribute, column(table.name, attribute.column.name))],
  )
  return [...values, node].reduce((left, right) => combine('AND_EXPR', left, right))
}

/** Nodes of the right types, where a condition is only held against what has a form. */
function looksLike(bind: Bind): ReadLater {
  return (_, form) => {
    if (form.as === 'truth' || form.as === 'every') return truth(true)
    return form.as === 'value' ? cast(bind(null), form.type) : cast(bind([]), arrayOf(form.type))
  }
}

function translate(expr: Expr, scope: RowScope): Node {
  // An error is NULL: neither it nor its negation is true. `has` of what is known and was not folded is false.
  if (expr.op !== 'has' && alwaysFails(expr)) return cast(nothing(), BOOLEAN)
  switch (expr.op) {
    case 'value':
      if (typeof expr.value === 'boolean') return truth(expr.value)
      break
    case 'unknown': {
      const name = laterName(expr)
      if (name !== undefined) return scope.later(name, { as: 'truth' })
      break
    }
    case 'and':
      return conjunction(conjunctsOf(expr), scope)
    case 'or':
      return combine('OR_EXPR', translate(expr.left, scope), translate(expr.right, scope))
    case 'not':
      return not(translate(expr.of, scope))
    case 'if':
      return choose([[translate(expr.test, scope), translate(expr.then, scope)]], translate(expr.else, scope))
    case 'get': {
      const operand = operandOf(expr, scope)
      if (operand.at === 'cell' && operand.kind.is === 'boolean') return operand.node
      break
    }
    case 'has':
      return conjunction([expr], scope)
    case 'is': {
      const operand = operandOf(expr.of, scope)
      if (operand.at === 'cell' && operand.kind.is === 'entity') return truth(operand.kind.entity === expr.type)
      break
    }
    case 'equal':
      return equal(expr.left, expr.right, scope)
    case 'less':
      return compare(expr.left, '<', expr.right, scope)
    case 'lessOrEqual':
      return compare(expr.left, '<=', expr.right, scope)
    case 'call':
      return method(expr.name, expr.args, scope)
    case 'contains':
      return contains(setOf(expr.left, scope), operandOf(expr.right, scope), scope)
    case 'containsAll':
      return containsAll(setOf(expr.left, scope), setOf(expr.right, scope), scope)
    case 'containsAny':
      return containsAny(setOf(expr.left, scope), setOf(expr.right, scope), scope)
    case 'in':
      return inHierarchy(operandOf(expr.left, scope), setOf(expr.right, scope), placeOf(expr.left, scope), scope)
    case 'like': {
      const operand = operandOf(expr.of, scope)
      if (operand.at === 'cell' && operand.kind.is === 'string') return matches(operand.node, expr.pattern, scope)
      break
    }
  }
  throw inexact(expr.op)
}

function conjunctsOf(expr: Expr): readonly Expr[] {
  return expr.op === 'and' ? [...conjunctsOf(expr.left), ...conjunctsOf(expr.right)] : [expr]
}

/**
 * Translates a conjunction. Where it asks whether an entity behind a reference has an attribute, all that follows about that
 * entity is asked of the same row in one EXISTS.
 */
function conjunction(conjuncts: readonly Expr[], scope: RowScope): Node {
  const first = conjuncts.findIndex((one) => one.op === 'has' && one.of.op !== 'value' && !placeOf(one.of, scope))
  const guard = conjuncts[first]
  if (guard?.op !== 'has') {
    return conjuncts
      .map((one) => (one.op === 'has' ? hasOwn(one, scope) : translate(one, scope)))
      .reduce((left, right) => combine('AND_EXPR', left, right))
  }
  const path = pathOf(guard.of)
  if (path === undefined) throw inexact('has')
  const isAbout = (one: Expr, index: number) => index >= first && readsThrough(one, path)
  const { table, id, alias } = lookAt(guard.of, scope)
  const joined = { ...scope, places: new Map(scope.places).set(path, { table, qualifier: alias }) }
  const row = conjunction(conjuncts.filter(isAbout), joined)
  const found = exists(table, alias, where(alias, table.key.column.name, id, row))
  const others = conjuncts.filter((one, index) => !isAbout(one, index))
  return others.length === 0 ? found : combine('AND_EXPR', conjunction(others, scope), found)
}

/** Whether an expression reads an attribute of the entity at a path. */
function readsThrough(expr: Expr, path: string): boolean {
  if ((expr.op === 'get' || expr.op === 'has') && pathOf(expr.of) === path) return true
  return partsOf(expr).some((part) => readsThrough(part, path))
}

/** `has` of a row that is in scope. What is known and was not folded has no such attribute. */
function hasOwn({ of, attribute }: Expr & { readonly op: 'has' }, scope: RowScope): Node {
  const place = placeOf(of, scope)
  if (!place) return truth(false)
  if (place.table.members.has(attribute)) return truth(true)
  const { name } = attributeColumn(place.table, attribute).column
  return { NullTest: { arg: column(place.qualifier, name), nulltesttype: 'IS_NOT_NULL' } }
}

function equal(left: Expr, right: Expr, scope: RowScope): Node {
  if (isCondition(left) || isCondition(right)) {
    return operation(translate(left, scope), '=', translate(right, scope))
  }
  const [one, other] = [setOf(left, scope), setOf(right, scope)]
  return isSet(one) || isSet(other) ? equalSets(one, other, scope) : equalOperands(one, other, scope)
}

const CONDITIONS = [
  'and',
  'or',
  'not',
  'has',
  'is',
  'equal',
  'less',
  'lessOrEqual',
  'call',
  'contains',
  'containsAll',
  'containsAny',
  'in',
  'like',
]

/** Whether an expression is itself true or false, and not read from somewhere. */
function isCondition(expr: Expr): boolean {
  return CONDITIONS.includes(expr.op)
}

const METHODS: Readonly<Record<string, (a: Expr, b: Expr, scope: RowScope) => Node>> = {
  lessThan: (a, b, scope) => compare(a, '<', b, scope, 'decimal'),
  lessThanOrEqual: (a, b, scope) => compare(a, '<=', b, scope, 'decimal'),
  greaterThan: (a, b, scope) => compare(b, '<', a, scope, 'decimal'),
  greaterThanOrEqual: (a, b, scope) => compare(b, '<=', a, scope, 'decimal'),
}

function method(name: string, [a, b]: readonly Expr[], scope: RowScope): Node {
  const translated = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!translated || !a || !b) throw inexact(name)
  return translated(a, b, scope)
}

type Ordered = 'long' | 'decimal' | 'datetime'

function compare(left: Expr, operator: '<' | '<=', right: Expr, scope: RowScope, only?: Ordered): Node {
  const [one, other] = [operandOf(left, scope), operandOf(right, scope)]
  const kinds = [one, other].flatMap((operand) => (operand.at === 'cell' ? [operand.kind] : []))
  const [kind, second] = kinds
  const orders: readonly string[] = only ? [only] : ['long', 'datetime']
  if (!kind || !orders.includes(kind.is) || (second && !comparable(kind, second))) throw inexact('less')
  const node = (operand: Operand): Node => {
    if (operand.at === 'cell') return operand.node
    if (operand.at === 'later') {
      const type = kind.is === 'long' ? BIGINT : kind.is === 'decimal' ? NUMERIC : INSTANT
      return scope.later(operand.name, { as: 'value', kind: kind.is === 'long' ? ANY_LONG : kind, type })
    }
    if (kind.is !== 'long') {
      const type = kind.is === 'decimal' ? NUMERIC : INSTANT
      const stored = constant({ kind, type }, operand, scope.bind)
      if (stored) return stored
    } else if (operand.at === 'value' && Number.isSafeInteger(operand.value)) {
      // The bound may lie outside the column's own type, so it is bound as the widest one.
      return cast(scope.bind(String(operand.value)), BIGINT)
    }
    throw inexact('less')
  }
  return operation(node(one), operator, node(other))
}

const ANY_LONG: ScalarKind = { is: 'long', minimum: -9223372036854775808n, maximum: 9223372036854775807n }

const named = (type: string): TypeName => ({
  names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: type } }],
  typemod: -1,
})
const BOOLEAN = named('bool')
const NUMERIC = named('numeric')
const INSTANT = named('timestamptz')

function matches(node: Node, pattern: readonly PatternPart[], { bind }: RowScope): Node {
  const text = pattern.map((part) => (part === null ? '%' : part.replace(/[\\%_]/g, '\\$&'))).join('')
  if (storedValue({ is: 'string' }, text) === undefined) return truth(false)
  return like(node, cast(bind(text), TEXT))
}

/** Whether a cell that is not NULL is a value of its attribute. */
function isValue({ kind, type }: AttributeColumn, cell: Node): Node {
  if (kind.is === 'decimal') {
    const nan = cast({ A_Const: { sval: { sval: 'NaN' } } }, NUMERIC)
    return { A_Expr: { kind: 'AEXPR_DISTINCT', name: [{ String: { sval: '=' } }], lexpr: cell, rexpr: nan } }
  }
  if (kind.is === 'datetime') {
    return { BooleanTest: { arg: call('isfinite', cell), booltesttype: 'IS_NOT_FALSE' } }
  }
  // array_position refuses more than one dimension
  const isDeep = isTrue(operation(call('array_ndims', cell), '>', integer(1)))
  const firstNull = call('array_position', cell, cast(nothing(), type))
  return choose([[isDeep, truth(false)]], { NullTest: { arg: firstNull, nulltesttype: 'IS_NULL' } })
}
