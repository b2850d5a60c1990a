import { LockstepError } from '@lockstep/core'
import type { Node, OnConflictClause } from 'libpg-query'
import type { CatalogColumn } from '../policy/catalog.ts'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import type { ScopedWrite } from '../policy/scope-write.ts'
import { resolveExpression } from '../resolve/resolve-expression.ts'
import { beside, columnOf, type Scope } from '../resolve/scope.ts'
import type { Place } from '../resolve/statement-context.ts'
import { truth } from '../statement/ast.ts'
import { allOf, onlyWhere } from './permitted-where.ts'
import { setColumns } from './set-columns.ts'
import { rowConditions, type WriteTarget } from './write-target.ts'

/** By what name DO UPDATE reaches the row that was to be inserted. */
const EXCLUDED = 'excluded'

/** What DO UPDATE demands. */
export interface OnConflict {
  /** Of every row that was written, as it becomes. */
  readonly after: readonly (Node | undefined)[]
  /** Makes it fail on a row that was there and may not be changed. Called once the barrier stands. */
  readonly finish: () => void
}

/**
 * Resolves ON CONFLICT, in place. DO NOTHING demands nothing of the row that was there, whose existence shows. DO UPDATE fails on one that the
 * caller may not see and update: a row that is left alone in silence would tell as much, and lose what was to be written.
 *
 * @param create what is demanded of each row that was to be inserted
 * @returns `undefined` where no row can be changed
 */
export function resolveConflict(
  clause: OnConflictClause | undefined,
  target: WriteTarget,
  listed: readonly CatalogColumn[],
  create: ScopedWrite,
  { scope, ctes, context }: Place & { readonly scope: Scope },
): OnConflict | undefined {
  if (!clause) return undefined
  for (const node of clause.infer?.indexElems ?? []) checkArbiter(node, scope)
  if (clause.action !== 'ONCONFLICT_UPDATE') return undefined
  const update = context.write(target.table, 'update')
  // of the row that was to be inserted, what the statement gave it
  const columns = listed.map(({ name }): ScopedColumn => ({ name, form: 'plain', source: { from: 'rows' } }))
  const both = beside(target.item, { entries: [{ name: EXCLUDED, columns }], columns })
  const place = { scope: { ...both, outer: undefined, isAfterFilters: true } as Scope, ctes, context }
  const set = setColumns(clause.targetList, target, update, place)
  if (clause.whereClause) resolveExpression(clause.whereClause, place)
  const row = rowConditions(target, update)
  const before = allOf([...row, ...set.map((item) => item.before)])
  const proposed = allOf([
    ...rowConditions(target, create),
    ...listed.map((item) => create.classes.get(item.fieldClass)),
  ])
  return {
    after: [...row, ...set.map((item) => item.after)],
    finish() {
      const demanded = allOf([proposed && target.own(proposed, EXCLUDED), before && target.own(before)])
      if (demanded) clause.whereClause = onlyWhere(demanded, clause.whereClause ?? truth(true), truth(false))
    },
  }
}

/** A constraint is told by columns that the caller can read. */
function checkArbiter(node: Node, scope: Scope): void {
  const name = 'IndexElem' in node ? node.IndexElem.name : undefined
  const [entry] = scope.entries
  if (!entry || name === undefined) throw new LockstepError('execution.statement-unsupported')
  if (columnOf(entry, name).form !== 'plain') throw new LockstepError('execution.masked-expression')
}
