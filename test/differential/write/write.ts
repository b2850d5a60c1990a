import type { WrittenAs } from '@lockstep/core'
import { isWriteDenied } from '@lockstep/execution'
import type { WrittenShop } from '../open-written-shops.ts'

/** What came of a statement that writes, so that two can be compared. */
export interface Outcome {
  readonly names: readonly string[]
  /** As texts, sorted. */
  readonly rows: readonly string[]
  readonly affected: number
  /** SQLSTATE, or `denied`. */
  readonly error?: string
  /** What it left in the shop, and what it took away. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

// every value as PostgreSQL writes it
const AS_TEXT = { getTypeParser: () => (text: unknown) => text }

/**
 * Runs one statement, looks at everything, and takes it back.
 *
 * @param settings under which it runs
 */
export async function write(
  { pool, look, contents: before }: WrittenShop,
  sent: { readonly text: string; readonly parameters: readonly unknown[]; readonly write?: WrittenAs | undefined },
  settings: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const client = await pool.connect()
  try {
    const set = Object.entries(settings).map(([name, value]) => `; set local ${name} = ${value}`)
    await client.query(`begin${set.join('')}`)
    const { text, parameters } = sent
    const statement = {
      text,
      values: [...parameters],
      rowMode: 'array' as const,
      queryMode: 'extended',
      types: AS_TEXT,
    }
    const { rows, fields, rowCount } = await client.query<unknown[]>(statement)
    const contents: string[] = (await client.query(look)).rows[0].contents.split('\n')
    const changes = { added: without(contents, before), removed: without(before, contents) }
    if (sent.write?.answers === 'marks') return { names: [], rows: [], affected: rows.length, ...changes }
    return {
      names: fields.map(({ name }) => name),
      rows: rows.map((row) => JSON.stringify(row)).sort(),
      affected: rowCount ?? 0,
      ...changes,
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    const told = isWriteDenied(error) ? 'denied' : String(error.code)
    return { names: [], rows: [], affected: 0, error: told, added: [], removed: [] }
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** Lines of one text that another does not have, as often as it lacks them. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1)
  return lines.filter((line) => {
    const count = counts.get(line) ?? 0
    counts.set(line, count - 1)
    return count <= 0
  })
}
