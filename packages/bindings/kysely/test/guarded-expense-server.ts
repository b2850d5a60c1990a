import type { Lockstep } from '@lockstep/mcp'
import { guardClient } from '@lockstep/pg'
import type { McpServer } from '@modelcontextprotocol/server'
import { Kysely } from 'kysely'
import type { ExpenseData } from '../../../../examples/expense-approval/data/create-expense-data.ts'
import { createExpenseServer } from '../../../../examples/expense-approval/server/create-expense-server.ts'
import type { ExpenseDatabase } from '../../../../examples/expense-approval/server/expense-database.ts'
import { createPgliteDialect } from '../../../../examples/expense-approval/server/pglite-dialect.ts'
import { guardDialect } from '../src/index.ts'

/** The example's tools over guarded clients. `beforeStatement` runs before each statement of a handler is sent. */
export function createGuardedExpenseServer(
  lockstep: Lockstep,
  { pglite }: ExpenseData,
  outbox: { readonly to: string; readonly text: string }[],
  beforeStatement: () => Promise<void> = async () => undefined,
): () => McpServer {
  const trusted = new Kysely<ExpenseDatabase>({ dialect: createPgliteDialect(pglite) })
  const db = new Kysely<ExpenseDatabase>({
    dialect: guardDialect(lockstep, {
      query: async (text: string, parameters: unknown[]) => {
        await beforeStatement()
        return pglite.query<Record<string, unknown>>(text, parameters)
      },
    }),
  })
  return () =>
    createExpenseServer({
      db,
      query: (sql) => guardClient(lockstep, pglite).query(sql),
      async write(reason, work) {
        await beforeStatement()
        return lockstep.asSystem(reason, () => work(trusted))
      },
      outbox,
    })
}
