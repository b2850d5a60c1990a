import type { WrittenAs } from '@lockstep/core'
import type { Node, ReturningClause, WithClause } from 'libpg-query'
import { call } from '../statement/ast.ts'
import { isWrite, type Statement, type WriteStatement } from '../statement/statement.ts'

const WRITTEN = '__w'

/** What a statement comes to as it is sent, and what its answer means. */
export interface SentStatement {
  readonly statement: Statement
  readonly write: WrittenAs
}

/**
 * Makes a statement that returns nothing, and whose rows are checked by what it returns, answer with their number: its rows stay in the
 * database.
 *
 * @param returns whether it was written to return anything
 */
export function countWritten(statement: Statement, returns: boolean): SentStatement {
  if (!isWrite(statement)) return { statement, write: { command: 'SELECT', answers: 'rows' } }
  const { command, body } = partsOf(statement)
  if (returns || !body.returningClause) return { statement, write: { command, answers: 'rows' } }
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
