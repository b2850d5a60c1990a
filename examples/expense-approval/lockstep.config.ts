import { defineConfig } from '@lockstep/mcp'
import { createExpenseData, type ExpenseData } from './data/create-expense-data.ts'
import { readAsReader } from './data/read-as-reader.ts'
import { expenseConfiguration } from './server/expense-configuration.ts'

// For `npx lockstep explain` and `npx lockstep policy …` in this folder: the same configuration as the server's, with the ports of `npm start` and
// data of its own, which PostgreSQL in this process fills when it is first asked.
let data: Promise<ExpenseData> | undefined
const database = readAsReader(async () => {
  data ??= createExpenseData()
  return (await data).pglite
})

export default defineConfig({
  ...expenseConfiguration({
    resource: 'http://127.0.0.1:4180/mcp',
    issuer: 'http://127.0.0.1:4182',
    jwksUri: 'http://127.0.0.1:4182/jwks',
    database,
    state: './.lockstep',
  }),
  manifest: './tools.json',
})
