import { fileURLToPath } from 'node:url'
import { type DatabaseReader, defineConfig, type LockstepConfiguration } from '@lockstep/mcp'
import { ACR_LEVELS } from '../authorization-server/assurance.ts'
import relationships from '../policies/relations.ts'
import tables from '../policies/tables.ts'
import { expenseTools } from './expense-tools.ts'

/** The example's folder of policies, whether run from sources or built. */
export const POLICIES = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../policies' : '../policies', import.meta.url),
)

/** The trust domain that transaction tokens are for. */
export const TRUST_DOMAIN = 'expense.example'

/** What differs from start to start. */
export interface ExpenseConfigurationOptions {
  readonly resource: string
  readonly issuer: string
  readonly jwksUri: string
  /** Reads the data for Lockstep itself: `readAsReader`. */
  readonly database: DatabaseReader
  readonly state: string
  /** @defaultValue the example's own folder */
  readonly policies?: string
  /** Actors of clients that act for nobody else, by client id. */
  readonly actors?: Readonly<Record<string, string>>
}

/** The example's configuration, for the servers of the story and for `lockstep.config.ts`. */
export function expenseConfiguration(options: ExpenseConfigurationOptions): LockstepConfiguration {
  const { resource, issuer, jwksUri, database, state, policies = POLICIES, actors = {} } = options
  return defineConfig({
    resource,
    issuers: [{ issuer, jwksUri }],
    tools: expenseTools,
    policies,
    tables,
    database,
    relationships,
    acrValues: ACR_LEVELS,
    state,
    actors,
    trustDomain: TRUST_DOMAIN,
    approvers: { relation: 'coApproverFor', of: 'dept' },
  })
}
