import { fileURLToPath } from 'node:url'
import type { AuditSink } from '@lockstep/core'
import { defineConfig, type LockstepConfiguration } from '@lockstep/mcp'
import { ACR_LEVELS } from '../authorization-server/assurance.ts'
import type { ExpenseData } from '../data/create-expense-data.ts'
import { createExpenseRelationships } from '../data/expense-relationships.ts'
import tables from '../policies/tables.ts'
import { expenseTools } from './expense-tools.ts'

/** The example's folder of policies, whether run from sources or built. */
const POLICIES = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../policies' : '../policies', import.meta.url),
)

/** What differs from start to start. */
export interface ExpenseConfigurationOptions {
  readonly resource: string
  readonly issuer: string
  readonly jwksUri: string
  readonly data: ExpenseData
  readonly state: string
  readonly policies?: string
  readonly audit?: AuditSink
}

/** The example's configuration. With fixed URLs it would stand in a `lockstep.config.ts`. */
export function expenseConfiguration(options: ExpenseConfigurationOptions): LockstepConfiguration {
  const { resource, issuer, jwksUri, data, state, policies = POLICIES, audit } = options
  return defineConfig({
    resource,
    issuers: [{ issuer, jwksUri }],
    tools: expenseTools,
    policies,
    tables,
    database: data.pglite,
    relationships: createExpenseRelationships(data.pglite),
    acrValues: ACR_LEVELS,
    state,
    ...(audit ? { audit } : {}),
  })
}
