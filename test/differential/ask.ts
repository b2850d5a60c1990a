import type pg from 'pg'

/** What a statement answers, so that two answers can be compared: its rows as texts, or its error, and what the server said meanwhile. */
export interface Answer {
  readonly names: readonly string[]
  readonly rows: readonly string[]
  /** SQLSTATE and message, as the database gives them. */
  readonly error?: string
  readonly notices: readonly string[]
}

// every value as PostgreSQL writes it
const AS_TEXT = { getTypeParser: () => (text: unknown) => text }

/** Runs one statement alone, by the extended protocol. Without `ordered`, rows are sorted. */
export async function ask(pool: pg.Pool, text: string, values: readonly unknown[], ordered: boolean): Promise<Answer> {
  const client = await pool.connect()
  const notices: string[] = []
  const listen = (notice: { readonly message?: string | undefined }) => void notices.push(notice.message ?? '')
  client.on('notice', listen)
  try {
    const statement = { text, values: [...values], rowMode: 'array' as const, queryMode: 'extended', types: AS_TEXT }
    const { rows, fields } = await client.query(statement)
    const texts = rows.map((row) => JSON.stringify(row))
    return { names: fields.map(({ name }) => name), rows: ordered ? texts : texts.sort(), notices }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const told = { ...error, message: error.message, file: '', line: '', routine: '', length: 0 }
    return { names: [], rows: [], error: `${'code' in error ? error.code : ''} ${JSON.stringify(told)}`, notices }
  } finally {
    client.removeListener('notice', listen)
    client.release()
  }
}
