import type pg from 'pg'

/** What whoever sent a statement sees of it. */
export interface Seen {
  readonly rows?: readonly string[]
  readonly error?: string
  readonly notices: readonly string[]
}

/** All that can be seen of a statement. How often a notice is raised for a visible row is the planner's affair. */
export async function observe(client: pg.Client, text: string, values: readonly unknown[] = []): Promise<Seen> {
  const notices = new Set<string>()
  const listen = (notice: { message?: string | undefined }) => void notices.add(notice.message ?? '')
  client.on('notice', listen)
  try {
    const { rows } = await client.query({ text, values: [...values], rowMode: 'array' })
    return { rows: rows.map((row) => JSON.stringify(row)).sort(), notices: [...notices].sort() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : '', notices: [...notices].sort() }
  } finally {
    client.removeListener('notice', listen)
  }
}
