import type { Node } from 'libpg-query'
import type { ScopedColumn } from '../policy/scope-relation.ts'
import { column } from '../statement/ast.ts'
import type { Scope } from './scope.ts'

/**
 * Names each of the columns that a `*` stands for, in its order. `undefined` when one of them has no name of its own: two
 * columns of one relation with the same name, or a column that USING merged beside another of its name.
 */
export function spellOut(columns: readonly ScopedColumn[], scope: Scope): readonly Node[] | undefined {
  const named = columns.map((item) => nameOf(item, scope))
  return named.every((node) => node !== undefined) ? named : undefined
}

function nameOf(item: ScopedColumn, scope: Scope): Node | undefined {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const entry = level.entries.find(({ columns }) => columns.includes(item))
    if (entry?.name !== undefined) return isOnly(item, entry.columns) ? column(entry.name, item.name) : undefined
  }
  return isOnly(item, scope.columns) ? column(item.name) : undefined
}

function isOnly(item: ScopedColumn, columns: readonly ScopedColumn[]): boolean {
  return columns.filter(({ name }) => name === item.name).length === 1
}
