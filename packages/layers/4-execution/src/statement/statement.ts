import type { DeleteStmt, InsertStmt, Node, SelectStmt, UpdateStmt } from 'libpg-query'

/** A statement that writes rows of one table. */
export type WriteStatement =
  | { readonly InsertStmt: InsertStmt }
  | { readonly UpdateStmt: UpdateStmt }
  | { readonly DeleteStmt: DeleteStmt }

/** A statement of a kind that may be released. */
export type Statement = { readonly SelectStmt: SelectStmt } | WriteStatement

/** Whether a node is a statement that writes. */
export function isWrite(node: Node | Statement): node is WriteStatement {
  return 'InsertStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node
}
