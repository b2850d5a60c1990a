import type { Transaction } from '@electric-sql/pglite'
import type { Lockstep } from '@lockstep/mcp'
import { guardClient } from '@lockstep/pg'
import type { McpServer } from '@modelcontextprotocol/server'
import { Kysely } from 'kysely'
import type { ExpenseData } from '../../../../examples/expense-approval/data/create-expense-data.ts'
import { createExpenseServer } from '../../../../examples/expense-approval/server/create-expense-server.ts'
import type { ExpenseDatabase } from '../../../../examples/expense-approval/server/expense-database.ts'
import { guardDialect } from '../src/index.ts'

/** The example's tools over guarded clients. `beforeStatement` runs before each statement of a handler is sent. */
export function createGuardedExpenseServer(
  lockstep: Lockstep,
  { pglite }: ExpenseData,
  outbox: { readonly to: string; readonly text: string }[],
  beforeStatement: () => Promise<void> = async () => undefined,
): () => McpServer {
  // each statement comes by itself, or as the first of a transaction; what pins the one session before any is nobody's
  const observed = {
    query: async (text: string, parameters: unknown[]) => {
      if (!text.startsWith('SET ') && !text.includes('set_config')) await beforeStatement()
      return pglite.query<Record<string, unknown>>(text, parameters)
    },
    transaction: async <T>(work: (transaction: Transaction) => Promise<T>) => {
      await beforeStatement()
      return pglite.transaction(work)
    },
    runExclusive: pglite.runExclusive.bind(pglite),
  }
  const db = new Kysely<ExpenseDatabase>({ dialect: guardDialect(lockstep, observed) })
  return () =>
    createExpenseServer({
      db,
      query: (sql) => guardClient(lockstep, pglite).query(sql),
      outbox,
    })
}
