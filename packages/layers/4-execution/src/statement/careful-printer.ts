import type { CommonTableExpr, Node, SelectStmt } from 'libpg-query'
import { Deparser } from 'pgsql-deparser'
import { quoteName } from '../database/quote.ts'

/** Nodes whose operands the deparser sometimes leaves without the parentheses that they need. */
const OPERATIONS = new Set(['A_Expr', 'BooleanTest', 'NullTest', 'A_Indirection', 'CollateClause', 'JsonIsPredicate'])
const OPERANDS = new Set([
  ...[
    'A_Expr',
    'BoolExpr',
    'BooleanTest',
    'NullTest',
    'CaseExpr',
    'CollateClause',
    'A_ArrayExpr',
    'ParamRef',
    'A_Const',
  ],
  ...['CoalesceExpr', 'MinMaxExpr', 'JsonIsPredicate'],
])

/**
 * Prints what pgsql-deparser does not print faithfully: every operand of an operation in parentheses, names of CTEs in
 * quotes, names in sub-queries of SET, `WITH TIES` and `GROUP BY DISTINCT`. It is asked only where the plain print differs, and its print is compared like any other.
 */
export class CarefulPrinter extends Deparser {
  readonly #kinds: string[] = []
  readonly #distinctGroups = new WeakSet<object>()

  override visit(node: Node, context?: Parameters<Deparser['visit']>[1]): string {
    const kind = this.getNodeType(node)
    const around = this.#kinds.at(-1)
    this.#kinds.push(kind)
    const text = super.visit(node, context)
    this.#kinds.pop()
    if (this.#distinctGroups.has(node)) return `DISTINCT ${text}`
    return around !== undefined && OPERATIONS.has(around) && OPERANDS.has(kind) ? `(${text})` : text
  }

  override CommonTableExpr(node: CommonTableExpr, context: Parameters<Deparser['CommonTableExpr']>[1]): string {
    // printed as it is, `"Recent Ones"` would be two words
    return super.CommonTableExpr({ ...node, ctename: quoteName(node.ctename ?? '') }, context)
  }

  override SelectStmt(node: SelectStmt, context: Parameters<Deparser['SelectStmt']>[1]): string {
    const [group] = node.groupClause ?? []
    if (node.groupDistinct && group) this.#distinctGroups.add(group)
    // inside SET it would print `x AS y` as `y = x`
    const own = context.spawn('SelectStmt', { update: false, insertColumns: false })
    if (node.limitOption !== 'LIMIT_OPTION_WITH_TIES' || !node.limitCount) return super.SelectStmt(node, own)
    const { limitCount, limitOffset, ...rest } = node
    const offset = limitOffset ? ` OFFSET ${this.visit(limitOffset, own)}` : ''
    return `${super.SelectStmt(rest, own)}${offset} FETCH FIRST (${this.visit(limitCount, own)}) ROWS WITH TIES`
  }
}
