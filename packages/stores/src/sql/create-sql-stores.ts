import type { Clock, RevocationNotice } from '@lockstep/core'
import { singleUseOf } from '../single-use-of.ts'
import type { State } from '../state.ts'
import type { Uses } from '../uses.ts'
import type { Database } from './database.ts'
import { isRevoked } from './is-revoked.ts'
import { createSqlApprovals } from './sql-approvals.ts'
import { createSqlHistory } from './sql-history.ts'
import { createSqlIdempotency } from './sql-idempotency.ts'
import { createSqlJobs } from './sql-jobs.ts'
import { createSqlRelations } from './sql-relations.ts'
import { createSqlRevocations } from './sql-revocations.ts'
import { createSqlSpending } from './sql-spending.ts'
import { createSqlUses } from './sql-uses.ts'

/** What the stores rest on. */
export interface SqlStoresOptions {
  readonly db: Database
  readonly clock: Clock
  /** What remembers proofs; transaction tokens are in a logged table in any case. */
  readonly proofs: Uses
  /** Milliseconds after which a reservation counts as a call whose outcome is unknown. @defaultValue never */
  readonly longestCall?: number | undefined
  /** Where other instances listen for revocations. @defaultValue there are none */
  readonly channel?: string | undefined
  /** Told of what this process revoked. */
  readonly tell: (notice: RevocationNotice) => void
}

/** Creates every store over one database of the right format. */
export function createSqlStores({
  db,
  clock,
  proofs,
  longestCall,
  channel = 'lockstep',
  tell,
}: SqlStoresOptions): Omit<State, 'feed' | 'keep' | 'rateLimiter' | 'close'> {
  const transactions = createSqlUses({ db, clock, space: 'txn' })
  return {
    singleUse: singleUseOf({ dpop: proofs, txn: transactions }, (standing) => isRevoked(db, standing)),
    revocations: createSqlRevocations({ db, channel, tell }),
    history: createSqlHistory(db, clock),
    spending: createSqlSpending(db, clock),
    approvals: createSqlApprovals(db, clock),
    idempotency: createSqlIdempotency(db, clock, longestCall),
    jobs: createSqlJobs(db, clock),
    relations: createSqlRelations(db),
  }
}
