import type { EntityTable } from '@lockstep/core'

/** The name under which a mapped relation is looked up in the database: a function's says what it takes, since others may share its name. */
export function liveName(id: string, { kind, arguments: types = [] }: Pick<EntityTable, 'kind' | 'arguments'>): string {
  return kind === 'function' ? `${id}(${types.join(', ')})` : id
}
