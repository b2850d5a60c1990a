import type { WrittenAs } from '@lockstep/core'
import type { Node, ReturningClause, WithClause } from 'libpg-query'
import { conjunctsOf } from '../barrier/conjuncts.ts'
import { call } from '../statement/ast.ts'
import { isWrite, type Statement, type WriteStatement } from '../statement/statement.ts'

const WRITTEN = '__w'

/** What a statement comes to as it is sent, and what its answer means. */
export interface SentStatement {
  readonly statement: Statement
  readonly write: WrittenAs
}

/**
 * Makes a statement that returns nothing, and whose rows are checked by what it returns, answer with their number where they may be many: its
 * rows stay in the database.
 *
 * @param returns whether it was written to return anything
 * @param keys the keys of the tables that are written, by the names that they have in the statement
 */
export function countWritten(statement: Statement, returns: boolean, keys: ReadonlyMap<string, string>): SentStatement {
  if (!isWrite(statement)) return { statement, write: { command: 'SELECT', answers: 'rows' } }
  const { command, body } = partsOf(statement)
  if (returns || !body.returningClause) return { statement, write: { command, answers: 'rows' } }
  // a few marks are cheaper than to have them counted
  if (writesFew(statement, keys)) return { statement, write: { command, answers: 'marks' } }
  const { withClause, ...rest } = body
  const written: Node = {
    CommonTableExpr: {
      ctename: WRITTEN,
      ctematerialized: 'CTEMaterializeDefault',
      ctequery: withoutWith(statement, rest),
    },
  }
  const counted: Node = {
    ResTarget: {
      name: '__count',
      val: { FuncCall: { ...countOf(), agg_star: true } },
    },
  }
  return {
    statement: {
      SelectStmt: {
        targetList: [counted],
        fromClause: [{ RangeVar: { relname: WRITTEN, inh: true, relpersistence: 'p' } }],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        withClause: { ...withClause, ctes: [...(withClause?.ctes ?? []), written] },
        op: 'SETOP_NONE',
      },
    },
    write: { command, answers: 'count' },
  }
}

/** Whether a statement writes no more rows than it lists, or the one that it names by its key. */
function writesFew(statement: WriteStatement, keys: ReadonlyMap<string, string>): boolean {
  if ('InsertStmt' in statement) {
    const { selectStmt } = statement.InsertStmt
    return !selectStmt || ('SelectStmt' in selectStmt && selectStmt.SelectStmt.valuesLists !== undefined)
  }
  const { relation, whereClause } = 'UpdateStmt' in statement ? statement.UpdateStmt : statement.DeleteStmt
  const alias = relation?.alias?.aliasname ?? ''
  const key = keys.get(alias)
  return (
    whereClause !== undefined && key !== undefined && conjunctsOf(whereClause).some((node) => fixes(node, alias, key))
  )
}

/** `alias.key = $1`, or a literal. */
function fixes(node: Node, alias: string, key: string): boolean {
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return false
  const { name: [operator] = [], lexpr, rexpr } = node.A_Expr
  if (!isName(operator, '=') || !lexpr || !rexpr) return false
  const isKey = (side: Node): boolean => {
    const [first, second] = 'ColumnRef' in side ? (side.ColumnRef.fields ?? []) : []
    return isName(first, alias) && isName(second, key)
  }
  return (isKey(lexpr) && isConstant(rexpr)) || (isKey(rexpr) && isConstant(lexpr))
}

function isConstant(node: Node): boolean {
  return 'ParamRef' in node || 'A_Const' in node
}

function isName(node: Node | undefined, text: string): boolean {
  return node !== undefined && 'String' in node && node.String.sval === text
}

interface Body {
  readonly returningClause?: ReturningClause
  readonly withClause?: WithClause
}

function partsOf(statement: WriteStatement): { readonly command: WrittenAs['command']; readonly body: Body } {
  if ('InsertStmt' in statement) return { command: 'INSERT', body: statement.InsertStmt }
  if ('UpdateStmt' in statement) return { command: 'UPDATE', body: statement.UpdateStmt }
  return { command: 'DELETE', body: statement.DeleteStmt }
}

// PostgreSQL takes statements that write in the outermost WITH alone
function withoutWith(statement: WriteStatement, rest: Body): Node {
  if ('InsertStmt' in statement) return { InsertStmt: rest }
  return 'UpdateStmt' in statement ? { UpdateStmt: rest } : { DeleteStmt: rest }
}

function countOf() {
  const node = call('count')
  return 'FuncCall' in node
    ? { funcname: node.FuncCall.funcname ?? [], funcformat: 'COERCE_EXPLICIT_CALL' as const }
    : {}
}
