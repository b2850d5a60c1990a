import { quoteName } from '../database/quote.ts'
import type { FloorCondition, FloorTable } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'

/** The statements about one mapped table: policies, grants, and what forces both on everybody. */
export function tableFloor(table: FloorTable, roles: NamedRoles): string {
  const relation = `${quoteName(table.schema)}.${quoteName(table.name)}`
  const role = quoteName(roles.role)
  const { read, create, update, delete: remove } = table.rows
  const policy = (name: string, command: string, ...clauses: readonly string[]): string =>
    `CREATE POLICY ${name} ON ${relation} FOR ${command} TO ${role}\n  ${clauses.join('\n  ')};`
  const grant = (privilege: string, columns: readonly string[]): readonly string[] =>
    columns.length === 0 ? [] : [`GRANT ${privilege} (${columns.map(quoteName).join(', ')}) ON ${relation} TO ${role};`]
  const exempt = roles.exempt.map(quoteName).join(', ')
  return [
    ...table.withheld.map(({ column, says }) => `--   ${column}: ${says}`),
    `ALTER TABLE ${relation} ENABLE ROW LEVEL SECURITY;`,
    `ALTER TABLE ${relation} FORCE ROW LEVEL SECURITY;`,
    `REVOKE ALL ON TABLE ${relation} FROM PUBLIC, ${role};`,
    ...(read ? grant('SELECT', table.columns.read) : []),
    ...(create ? grant('INSERT', table.columns.create) : []),
    // a row that is not seen is neither changed nor removed
    ...(read && update ? grant('UPDATE', table.columns.update) : []),
    ...(read && remove ? [`GRANT DELETE ON ${relation} TO ${role};`] : []),
    ...(read ? [policy('lockstep_read', 'SELECT', clause('USING', [read]))] : []),
    ...(create ? [policy('lockstep_create', 'INSERT', clause('WITH CHECK', [create]))] : []),
    ...(read && update
      ? [policy('lockstep_update', 'UPDATE', clause('USING', [read, update]), clause('WITH CHECK', [read, update]))]
      : []),
    ...(read && remove ? [policy('lockstep_delete', 'DELETE', clause('USING', [read, remove]))] : []),
    ...(exempt === ''
      ? []
      : [`CREATE POLICY lockstep_exempt ON ${relation} FOR ALL TO ${exempt} USING (true) WITH CHECK (true);`]),
    '',
  ].join('\n')
}

function clause(kind: 'USING' | 'WITH CHECK', conditions: readonly FloorCondition[]): string {
  const conjuncts = [...new Set(conditions.flatMap((one) => one.conjuncts))]
  return `${kind} (${conjuncts.map((one) => `\n    (${one})`).join(' AND')})`
}
