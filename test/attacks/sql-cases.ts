import { readFileSync } from 'node:fs'

/** One shared case: a hostile statement over `sql-fixture.sql`, and what would show that it succeeded. */
export interface SqlCase {
  readonly id: string
  readonly sql: string
  readonly leakIfMatches?: string
  readonly leakIfRowCountAbove?: number
}

/** Flagged only because ann has rows of her own: one exists, two are more than one. Noninterference decides. */
const OWN_ROWS = ['B38', 'B47', 'H11']

/** They ask whether a key is taken, which a unique constraint tells: where no hidden row has the key, the answer is another one. */
export const EXISTENCE_ORACLES = ['E4', 'E5']

const folder = new URL('../fixtures/cases/', import.meta.url)

/** The schema and data that the cases are about. */
export const SQL_FIXTURE = readFileSync(new URL('sql-fixture.sql', folder), 'utf8')

/** Every shared case. */
export const SQL_CASES: readonly SqlCase[] = readFileSync(new URL('sql-attacks.jsonl', folder), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** Whether what was seen shows that the case succeeded. */
export function shows({ id, leakIfMatches }: SqlCase, seen: string): boolean {
  if (leakIfMatches === undefined || OWN_ROWS.includes(id)) return false
  return new RegExp(leakIfMatches).test(seen)
}
