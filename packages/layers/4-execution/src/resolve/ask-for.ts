import type { ScopedColumn } from '../policy/scope-relation.ts'

/** Notes down that a statement names a column, so that the derived table which it comes from shows it. */
export function askFor({ name, source }: ScopedColumn): void {
  if (source?.from === 'table') source.use.asked.add(name)
}
