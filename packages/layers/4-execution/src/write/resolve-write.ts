import type { ResolveWrite } from '../resolve/statement-context.ts'
import { resolveDelete } from './resolve-delete.ts'
import { resolveInsert } from './resolve-insert.ts'
import { resolveUpdate } from './resolve-update.ts'

/**
 * Resolves a statement that writes, in place. What is written must satisfy the policy as it was and as it becomes: the rows that are changed are
 * those that the caller may see and change, and the statement fails as a whole when a row becomes one that the caller may not write.
 */
export const resolveWrite: ResolveWrite = (statement, around) => {
  if ('InsertStmt' in statement) return resolveInsert(statement.InsertStmt, around)
  if ('UpdateStmt' in statement) return resolveUpdate(statement.UpdateStmt, around)
  return resolveDelete(statement.DeleteStmt, around)
}
