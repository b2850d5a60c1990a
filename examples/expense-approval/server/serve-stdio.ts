import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { Kysely } from 'kysely'
import { createExpenseData } from '../data/create-expense-data.ts'
import { createExpenseServer } from './create-expense-server.ts'
import type { ExpenseDatabase } from './expense-database.ts'
import { createPgliteDialect } from './pglite-dialect.ts'

// The same tools over stdio, unguarded and over data of their own: `lockstep policy manifest` asks this server what its tools are.
const data = await createExpenseData()
const db = new Kysely<ExpenseDatabase>({ dialect: createPgliteDialect(data.pglite) })
const server = createExpenseServer({
  db,
  query: (sql) => data.pglite.query<Record<string, unknown>>(sql),
  outbox: [],
})
await server.connect(new StdioServerTransport())
