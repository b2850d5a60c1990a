import type { AuthorizedCall, ScopedStatement } from '@lockstep/core'
import { LockstepError, simplify } from '@lockstep/core'
import type { Node, SelectStmt } from 'libpg-query'
import { storedValue } from '../policy/attribute-kind.ts'
import type { CatalogTable } from '../policy/catalog.ts'
import { translateCondition } from '../policy/translate-condition.ts'
import { cast, column, combine, integer, operation, parameter } from '../statement/ast.ts'
import { printStatement } from '../statement/print-statement.ts'

/**
 * Builds the question whether the resource of a call is still what the call was permitted for: it answers with one row if it is. Of a table that
 * the write changes, the row is locked, so that it stays so until the transaction ends; another is read as it is then.
 *
 * Throws `invocation.resource-changed` where the policy of now permits the call on no row, and `execution.mapping-invalid` where what it demands
 * has no exact form.
 *
 * @param table the table that holds the resource
 */
export function heldResource(
  table: CatalogTable,
  resource: NonNullable<AuthorizedCall['resource']>,
  demands: NonNullable<AuthorizedCall['demands']>,
  isLocked: boolean,
): NonNullable<ScopedStatement['held']> {
  const parameters: unknown[] = []
  const bind = (value: unknown): Node => parameter(parameters.push(value))
  const { column: key, kind, type } = table.key
  const id = kind.is === 'set' ? undefined : storedValue(kind, { entity: { type: table.entity, id: resource.id } })
  if (id === undefined) throw new LockstepError('invocation.resource-changed')
  const isIt = operation(column(table.name, key.name), '=', cast(bind(id), type))
  const condition = simplify(demands().condition, { types: { resource: table.entity } })
  const select: SelectStmt = {
    targetList: [{ ResTarget: { name: 'held', val: integer(1) } }],
    fromClause: [{ RangeVar: { schemaname: table.schema, relname: table.name, inh: true, relpersistence: 'p' } }],
    whereClause: combine('AND_EXPR', isIt, translateCondition(condition, table, bind)),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    ...(isLocked
      ? { lockingClause: [{ LockingClause: { strength: 'LCS_FORNOKEYUPDATE', waitPolicy: 'LockWaitBlock' } }] }
      : {}),
    op: 'SETOP_NONE',
  }
  return { text: printStatement({ SelectStmt: select }), parameters }
}
