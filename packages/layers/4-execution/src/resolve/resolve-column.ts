import { LockstepError } from '@lockstep/core'
import type { ColumnRef, Node } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { askFor } from './ask-for.ts'
import { columnOf, findColumn, findEntry, type Scope } from './scope.ts'

/**
 * Resolves a column reference to exactly one column in scope. A schema before the relation is dropped, in place: the derived
 * table that stands for the relation has none. Throws `execution.column-unknown` or `execution.relation-unknown`.
 */
export function resolveColumn(reference: ColumnRef, scope: Scope | undefined): ScopedColumn {
  const path = (reference.fields ?? []).map(fieldName)
  const name = path.at(-1)
  if (name === undefined) throw new LockstepError('execution.column-unknown')
  const column =
    path.length === 1 ? findColumn(scope, name) : columnOf(resolveQualifier(reference, path.slice(0, -1), scope), name)
  askFor(column)
  return column
}

/**
 * Resolves `*` or `relation.*` to the columns that it stands for.
 */
export function resolveStar(reference: ColumnRef, scope: Scope): readonly ScopedColumn[] {
  const path = (reference.fields ?? []).slice(0, -1).map(fieldName)
  const columns = path.length === 0 ? scope.columns : resolveQualifier(reference, path, scope).columns
  for (const column of columns) askFor(column)
  return columns
}

/** Whether a reference is `*` or `relation.*`. */
export function isStar(reference: ColumnRef): boolean {
  const last = reference.fields?.at(-1)
  return last !== undefined && 'A_Star' in last
}

function resolveQualifier(reference: ColumnRef, path: readonly string[], scope: Scope | undefined) {
  const [first, second] = path
  if (first !== undefined && path.length === 1) return findEntry(scope, first)
  if (first === undefined || second === undefined || path.length !== 2) {
    throw new LockstepError('execution.relation-unknown')
  }
  const entry = findEntry(scope, second, first)
  reference.fields = (reference.fields ?? []).slice(1)
  return entry
}

function fieldName(field: Node): string {
  if (!('String' in field) || field.String.sval === undefined) {
    throw new LockstepError('execution.statement-unsupported', '`*` can only be selected')
  }
  return field.String.sval
}
