import { LockstepError } from '@lockstep/core'
import type { ColumnRef, Node, RowExpr } from 'libpg-query'
import { column, name } from '../statement/ast.ts'
import { isStar, resolveStar } from './resolve-column.ts'
import { findEntry, type RangeEntry, type Scope } from './scope.ts'

/**
 * Resolves the arguments of a function that are a relation as a whole: `to_jsonb(t)`, `count(t.*)`. What stands for the
 * relation exports the columns in scope and no other, so that its row is made of these. Returns the arguments dealt with.
 *
 * Throws `execution.masked-expression` when a column is not plain.
 */
export function resolveRows(args: readonly Node[], scope: Scope | undefined): ReadonlySet<Node> {
  const rows = new Set<Node>()
  for (const arg of args) {
    const relation = 'ColumnRef' in arg ? relationName(arg.ColumnRef, scope) : undefined
    if (!('ColumnRef' in arg) || relation === undefined) continue
    requireWhole(findEntry(scope, relation))
    arg.ColumnRef.fields = [name(relation)]
    rows.add(arg)
  }
  return rows
}

/** Spells `ROW(t.*)` out as the columns in scope, in place. */
export function spellRow(row: RowExpr, scope: Scope | undefined): void {
  row.args = (row.args ?? []).flatMap((arg): Node[] => {
    if (!('ColumnRef' in arg) || !isStar(arg.ColumnRef)) return [arg]
    const relation = relationName(arg.ColumnRef, scope)
    if (!scope || relation === undefined) throw notWhole()
    return resolveStar(arg.ColumnRef, scope).map((item) => column(relation, item.name))
  })
}

/** The relation that a reference as a whole means. A name that is a column's is one, at whatever level. */
function relationName({ fields = [] }: ColumnRef, scope: Scope | undefined): string | undefined {
  const [first, second, ...more] = fields
  if (!first || !('String' in first) || first.String.sval === undefined || more.length > 0) return undefined
  const text = first.String.sval
  if (second) return 'A_Star' in second ? text : undefined
  let isRelation = false
  for (let level = scope; level; level = level.outer) {
    if (level.columns.some((item) => item.name === text)) return undefined
    isRelation ||= level.entries.some((entry) => entry.name === text)
  }
  return isRelation ? text : undefined
}

function requireWhole({ columns, isRenamed, use }: RangeEntry): void {
  // PostgreSQL names the fields of a table's row after the table, whatever its alias says
  if (isRenamed) throw notWhole()
  if (columns.some(({ form }) => form !== 'plain')) throw new LockstepError('execution.masked-expression')
  // INVARIANT: a column that the barrier adds would be a field of the row.
  if (!use) return
  if (use.named.size > 0) throw notWhole()
  use.isWhole = true
  use.canExport = false
}

function notWhole(): LockstepError {
  return new LockstepError('execution.statement-unsupported', 'name the columns of the row')
}
