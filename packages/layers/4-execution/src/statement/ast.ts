/**
 * Builds the few parse-tree nodes that Lockstep adds to a statement, exactly as PostgreSQL's grammar would make them
 * (pgsql-deparser prints trees and does not build them).
 */
import type { Node, TypeName } from 'libpg-query'

export const name = (text: string): Node => ({ String: { sval: text } })

export const column = (...path: readonly string[]): Node => ({ ColumnRef: { fields: path.map(name) } })

// protobuf leaves out zero and false
export const integer = (value: number): Node => ({ A_Const: { ival: value === 0 ? {} : { ival: value } } })
export const truth = (value: boolean): Node => ({ A_Const: { boolval: value ? { boolval: true } : {} } })
/** Whether a node is that literal. */
export const isTruth = (node: Node | undefined, value: boolean): boolean =>
  node !== undefined &&
  'A_Const' in node &&
  node.A_Const.boolval !== undefined &&
  (node.A_Const.boolval.boolval ?? false) === value
export const text = (value: string): Node => ({ A_Const: { sval: { sval: value } } })
export const nothing = (): Node => ({ A_Const: { isnull: true } })

export const parameter = (number: number): Node => ({ ParamRef: { number } })

/** As the grammar makes the type that is called by its own keyword. */
export const BIGINT: TypeName = { names: [name('pg_catalog'), name('int8')], typemod: -1 }
export const TEXT: TypeName = { names: [name('text')], typemod: -1 }

export const cast = (arg: Node, typeName: TypeName): Node => ({
  TypeCast: { arg, typeName: structuredClone(typeName) },
})

/** `typeName[]` */
export const arrayOf = (typeName: TypeName): TypeName => ({
  ...structuredClone(typeName),
  arrayBounds: [{ Integer: { ival: -1 } }],
})

export const operation = (left: Node, operator: string, right: Node): Node => ({
  A_Expr: { kind: 'AEXPR_OP', name: [name(operator)], lexpr: left, rexpr: right },
})

/** `left = ANY (right)` */
export const equalsAny = (left: Node, right: Node): Node => ({
  A_Expr: { kind: 'AEXPR_OP_ANY', name: [name('=')], lexpr: left, rexpr: right },
})

export const like = (left: Node, pattern: Node): Node => ({
  A_Expr: { kind: 'AEXPR_LIKE', name: [name('~~')], lexpr: left, rexpr: pattern },
})

/** A conjunction or disjunction, flat as the grammar makes it. */
export function combine(boolop: 'AND_EXPR' | 'OR_EXPR', left: Node, right: Node): Node {
  const flat = (node: Node): Node[] =>
    'BoolExpr' in node && node.BoolExpr.boolop === boolop ? (node.BoolExpr.args ?? []) : [node]
  return { BoolExpr: { boolop, args: [...flat(left), ...flat(right)] } }
}

/** `arg IS TRUE` */
export const isTrue = (arg: Node): Node => ({ BooleanTest: { arg, booltesttype: 'IS_TRUE' } })

export const not = (arg: Node): Node => ({ BoolExpr: { boolop: 'NOT_EXPR', args: [arg] } })

/** `CASE WHEN ... THEN ... [ELSE ...] END` */
export function choose(whens: readonly (readonly [Node, Node])[], otherwise?: Node): Node {
  const args = whens.map(([expr, result]): Node => ({ CaseWhen: { expr, result } }))
  return { CaseExpr: otherwise ? { args, defresult: otherwise } : { args } }
}

/** A call of a function of `pg_catalog`. */
export const call = (functionName: string, ...args: readonly Node[]): Node => ({
  FuncCall: { funcname: [name('pg_catalog'), name(functionName)], args: [...args], funcformat: 'COERCE_EXPLICIT_CALL' },
})
