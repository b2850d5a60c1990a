import type { Node } from 'libpg-query'

/**
 * The name that PostgreSQL gives to a selected expression without AS (its `FigureColname`). A wrong guess can only refuse
 * more: a name that is not known to be in scope is refused.
 */
export function outputName(node: Node): string {
  if ('ColumnRef' in node) return lastName(node.ColumnRef.fields) ?? '?column?'
  if ('FuncCall' in node) return lastName(node.FuncCall.funcname) ?? '?column?'
  if ('TypeCast' in node) {
    const inner = node.TypeCast.arg ? outputName(node.TypeCast.arg) : '?column?'
    return inner === '?column?' ? (lastName(node.TypeCast.typeName?.names) ?? inner) : inner
  }
  if ('CollateClause' in node) return node.CollateClause.arg ? outputName(node.CollateClause.arg) : '?column?'
  if ('A_Indirection' in node) return node.A_Indirection.arg ? outputName(node.A_Indirection.arg) : '?column?'
  if ('CaseExpr' in node) {
    const otherwise = node.CaseExpr.defresult ? outputName(node.CaseExpr.defresult) : '?column?'
    return otherwise === '?column?' ? 'case' : otherwise
  }
  if ('CoalesceExpr' in node) return 'coalesce'
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest'
  if ('A_ArrayExpr' in node) return 'array'
  if ('RowExpr' in node) return 'row'
  if ('GroupingFunc' in node) return 'grouping'
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF') return 'nullif'
  if ('SQLValueFunction' in node) return (node.SQLValueFunction.op ?? '').replace(/^SVFOP_|_N$/g, '').toLowerCase()
  if ('SubLink' in node) return subLinkName(node)
  return '?column?'
}

function subLinkName(node: Node & { readonly SubLink: unknown }): string {
  if (!('SubLink' in node) || typeof node.SubLink !== 'object' || node.SubLink === null) return '?column?'
  const kind = 'subLinkType' in node.SubLink ? node.SubLink.subLinkType : undefined
  if (kind === 'EXISTS_SUBLINK') return 'exists'
  if (kind === 'ARRAY_SUBLINK') return 'array'
  return '?column?'
}

function lastName(fields: readonly Node[] | undefined): string | undefined {
  const last = fields?.at(-1)
  return last && 'String' in last ? last.String.sval : undefined
}
