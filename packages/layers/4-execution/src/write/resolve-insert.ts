import { LockstepError } from '@lockstep/core'
import type { InsertStmt, Node } from 'libpg-query'
import type { CatalogColumn } from '../policy/catalog.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import type { ScopedWrite } from '../policy/scope-write.ts'
import { resolveCtes } from '../resolve/resolve-ctes.ts'
import { resolveExpression } from '../resolve/resolve-expression.ts'
import type { Scope } from '../resolve/scope.ts'
import type { Place, SelectPlace } from '../resolve/statement-context.ts'
import { allOf } from './permitted-where.ts'
import { resolveConflict } from './resolve-conflict.ts'
import { demandOfRows, resolveReturning } from './resolve-returning.ts'
import { settleTarget } from './settle-target.ts'
import { columnToWrite, conditionOf, rowConditions, type WriteTarget, writeTarget } from './write-target.ts'

/**
 * Resolves INSERT. Each row must be one that the caller may create, and one that the caller may see if any of it is returned; a row that takes
 * the place of another must meet what updating it demands as well.
 */
export function resolveInsert(statement: InsertStmt, around: SelectPlace): readonly ScopedColumn[] {
  const { context } = around
  const ctes = resolveCtes(statement.withClause, around)
  const target = writeTarget(statement.relation, context)
  const create = context.write(target.table, 'create')
  const row = conditionOf(target, create)
  const listed = listedColumns(statement, target, create)
  resolveSource(statement.selectStmt, { scope: undefined, ctes, context })
  const place = { scope: { ...target.item, outer: undefined, isAfterFilters: true } as Scope, ctes, context }
  const conflict = resolveConflict(statement.onConflictClause, target, listed, create, place)
  const output = resolveReturning(statement, place)
  if (conflict || statement.returningClause) context.readBack.add(target.table)
  context.pending.push(() => {
    const classes = [...new Set(listed.map((item) => item.fieldClass))].map((name) => create.classes.get(name))
    const seen = statement.returningClause || conflict ? rowConditions(target, create) : [row]
    const after = allOf([...seen, ...classes, ...(conflict?.after ?? [])])
    demandOfRows(statement, after && target.own(after))
    conflict?.finish()
    settleTarget(statement, target, context)
  })
  return output
}

/** The columns that are given values. Their order must be the statement's own: the mapping need not have the table's. */
function listedColumns(
  { cols, selectStmt }: InsertStmt,
  target: WriteTarget,
  create: ScopedWrite,
): readonly CatalogColumn[] {
  if (selectStmt && !cols) {
    throw new LockstepError('execution.statement-unsupported', 'name the columns that are inserted')
  }
  return (cols ?? []).map((node) =>
    columnToWrite(target, 'ResTarget' in node ? node.ResTarget.name : undefined, create.classes),
  )
}

function resolveSource(source: Node | undefined, place: Place): void {
  if (!source) return
  if (!('SelectStmt' in source)) throw new LockstepError('execution.statement-unsupported')
  const { valuesLists, ...rest } = source.SelectStmt
  if (valuesLists && !rest.withClause && !rest.sortClause && !rest.limitCount && !rest.limitOffset) {
    for (const row of valuesLists) {
      for (const item of 'List' in row ? (row.List.items ?? []) : []) {
        if (!('SetToDefault' in item)) resolveExpression(item, place)
      }
    }
    return
  }
  const { ctes, context } = place
  const columns = context.resolveSelect(source.SelectStmt, { outer: undefined, ctes, context })
  // what is not read plainly cannot be written anywhere
  if (columns.some(({ form }) => form !== 'plain')) throw new LockstepError('execution.masked-expression')
}
