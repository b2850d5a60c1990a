import type { Node, SelectStmt } from 'libpg-query'

const NONE = '?column?'

/**
 * The name that PostgreSQL gives to a selected expression without AS (its `FigureColname`). A wrong guess can only refuse
 * more: a name that is not known to be in scope is refused.
 */
export function outputName(node: Node): string {
  return figure(node)?.name ?? NONE
}

/** A name; a weak one gives way to what stands around it. */
interface Figured {
  readonly name: string
  readonly isWeak?: true
}

function figure(node: Node | undefined): Figured | undefined {
  if (!node) return undefined
  if ('ColumnRef' in node) return last(node.ColumnRef.fields)
  if ('FuncCall' in node) return last(node.FuncCall.funcname)
  if ('TypeCast' in node) {
    const inner = figure(node.TypeCast.arg)
    if (inner && !inner.isWeak) return inner
    const type = last(node.TypeCast.typeName?.names)
    return type ? { ...type, isWeak: true } : inner
  }
  if ('CollateClause' in node) return figure(node.CollateClause.arg)
  if ('A_Indirection' in node) return figure(node.A_Indirection.arg)
  if ('CaseExpr' in node) {
    const otherwise = figure(node.CaseExpr.defresult)
    return otherwise && !otherwise.isWeak ? otherwise : { name: 'case', isWeak: true }
  }
  if ('MinMaxExpr' in node) return { name: node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest' }
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? { name: 'nullif' } : undefined
  if ('SQLValueFunction' in node)
    return { name: (node.SQLValueFunction.op ?? '').replace(/^SVFOP_|_N$/g, '').toLowerCase() }
  if ('SubLink' in node) {
    const { subLinkType, subselect } = node.SubLink
    if (subLinkType === 'EXISTS_SUBLINK') return { name: 'exists' }
    if (subLinkType === 'ARRAY_SUBLINK') return { name: 'array' }
    const isValue = subLinkType === 'EXPR_SUBLINK' && subselect && 'SelectStmt' in subselect
    return isValue ? { name: firstName(subselect.SelectStmt) } : undefined
  }
  const [kind] = Object.keys(node)
  const name = kind === undefined ? undefined : BY_KIND[kind]
  return name === undefined ? undefined : { name }
}

const BY_KIND: Readonly<Record<string, string | undefined>> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
}

/** What the first column of a query is called. */
function firstName({ larg, valuesLists, targetList }: SelectStmt): string {
  if (larg) return firstName(larg)
  if (valuesLists) return 'column1'
  const [target] = targetList ?? []
  if (!target || !('ResTarget' in target)) return NONE
  const { name, val } = target.ResTarget
  return name ?? (val ? outputName(val) : NONE)
}

function last(fields: readonly Node[] | undefined): Figured | undefined {
  const node = fields?.at(-1)
  return node && 'String' in node && node.String.sval ? { name: node.String.sval } : undefined
}
