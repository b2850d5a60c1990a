import type { InsertStmt, Node, RangeVar, SelectStmt } from 'libpg-query'
import { conjunctsOf } from '../barrier/conjuncts.ts'
import type { Statement } from './statement.ts'
import { isTree, someMember } from './tree.ts'

/** What makes one plan of a statement as good as another one, whatever values it is sent with. */
export type Steadiness =
  /** It inserts the rows that it lists. */
  | { readonly by: 'rows' }
  /** It is about the rows of one table in which one of these columns has a given value: if that is the table's key, about one row. */
  | {
      readonly by: 'key'
      readonly schema: string | undefined
      readonly table: string
      readonly columns: readonly string[]
    }

/**
 * Tells by which form a statement would be steady: planning it once, rather than with the values of each use, then costs nothing. Look before
 * the statement is resolved: resolving replaces its tables. It is about speed alone; what a statement may return does not depend on it.
 *
 * @returns `undefined` for a statement that is not certainly of such a form. What the policy adds to it can still look into other tables
 */
export function steadiness(statement: Statement): Steadiness | undefined {
  if ('InsertStmt' in statement) return listsRows(statement.InsertStmt) ? { by: 'rows' } : undefined
  if ('UpdateStmt' in statement) {
    const { relation, fromClause, withClause, whereClause } = statement.UpdateStmt
    return fromClause || withClause ? undefined : keyed(relation, whereClause)
  }
  if ('DeleteStmt' in statement) {
    const { relation, usingClause, withClause, whereClause } = statement.DeleteStmt
    return usingClause || withClause ? undefined : keyed(relation, whereClause)
  }
  return readsOne(statement.SelectStmt)
}

/** Whether a statement, with all that the policy added to it, looks into no table beside its own. */
export function looksAside(tree: unknown): boolean {
  return isTree(tree) && someMember(tree, (key, value) => key === 'SubLink' || looksAside(value))
}

function listsRows({ selectStmt, withClause }: InsertStmt): boolean {
  if (withClause) return false
  return !selectStmt || ('SelectStmt' in selectStmt && selectStmt.SelectStmt.valuesLists !== undefined)
}

function readsOne({ op, withClause, fromClause = [], whereClause }: SelectStmt): Steadiness | undefined {
  const [only, ...more] = fromClause
  if (op !== 'SETOP_NONE' || withClause || !only || more.length > 0 || !('RangeVar' in only)) return undefined
  return keyed(only.RangeVar, whereClause)
}

function keyed(range: RangeVar | undefined, whereClause: Node | undefined): Steadiness | undefined {
  if (!range?.relname || range.alias?.colnames || !whereClause) return undefined
  const columns = conjunctsOf(whereClause).flatMap(givenColumn)
  return columns.length > 0 ? { by: 'key', schema: range.schemaname, table: range.relname, columns } : undefined
}

/** The column of `column = value`. */
function givenColumn(conjunct: Node): readonly string[] {
  if (!('A_Expr' in conjunct) || conjunct.A_Expr.kind !== 'AEXPR_OP') return []
  const { name = [], lexpr, rexpr } = conjunct.A_Expr
  const [operator] = name
  if (name.length !== 1 || !operator || !('String' in operator) || operator.String.sval !== '=') return []
  const given = isValue(rexpr) ? lexpr : isValue(lexpr) ? rexpr : undefined
  const last = given && 'ColumnRef' in given ? given.ColumnRef.fields?.at(-1) : undefined
  return last && 'String' in last && last.String.sval !== undefined ? [last.String.sval] : []
}

function isValue(node: Node | undefined): boolean {
  if (!node) return false
  if ('TypeCast' in node) return isValue(node.TypeCast.arg)
  return 'ParamRef' in node || 'A_Const' in node
}
