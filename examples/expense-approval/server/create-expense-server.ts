import { McpServer } from '@modelcontextprotocol/server'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { ExpenseDatabase } from './expense-database.ts'

/** What the tools work on. Both arms of the story run the same handlers; they differ only in what they are given here. */
export interface ExpenseResources {
  readonly db: Kysely<ExpenseDatabase>
  /** Runs one statement that an agent wrote. */
  readonly query: (sql: string) => Promise<{ readonly rows: readonly Record<string, unknown>[] }>
  /** Reports that were sent, newest last. */
  readonly outbox: { readonly to: string; readonly text: string }[]
}

/** A server with the five expense tools. No handler asks who is calling: that is not its job. */
export function createExpenseServer({ db, query, outbox }: ExpenseResources): McpServer {
  const server = new McpServer({ name: 'expense-approval', version: '0.1.0' })

  server.registerTool(
    'listExpenses',
    {
      description: 'Lists expenses, newest first',
      inputSchema: z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(20) }),
    },
    async ({ limit }) => {
      // No `where`: which rows and columns come back is not decided here.
      const expenses = await db.selectFrom('expenses').selectAll().orderBy('id', 'desc').limit(limit).execute()
      return structured({ expenses })
    },
  )

  server.registerTool(
    'getExpense',
    { description: 'Shows one expense', inputSchema: z.object({ id: z.string() }) },
    async ({ id }) => {
      const expense = await db.selectFrom('expenses').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      return structured({ expense })
    },
  )

  server.registerTool(
    'approveExpense',
    { description: 'Approves one submitted expense', inputSchema: z.object({ invoiceId: z.string() }) },
    async ({ invoiceId }) => {
      const approved = await db
        .updateTable('expenses')
        .set({ status: 'approved' })
        .where('id', '=', invoiceId)
        .where('status', '=', 'submitted')
        .returning(['id', 'status'])
        .executeTakeFirst()
      return structured({ invoiceId, status: approved?.status ?? 'unchanged' })
    },
  )

  server.registerTool(
    'queryExpenses',
    {
      description: 'Answers an analytical question with one SELECT over expenses, departments and employees',
      inputSchema: z.object({ sql: z.string() }),
    },
    async ({ sql }) => structured({ rows: (await query(sql)).rows }),
  )

  server.registerTool(
    'sendReport',
    { description: 'Sends a report by mail', inputSchema: z.object({ to: z.email(), text: z.string().max(20_000) }) },
    async ({ to, text }) => {
      outbox.push({ to, text })
      return structured({ sent: true })
    },
  )

  return server
}

function structured(structuredContent: Record<string, unknown>) {
  return { structuredContent, content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }] }
}
