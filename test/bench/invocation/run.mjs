// `npm run bench:invocation`: what authorizing a call costs where state is shared, as ratios within one run. Interleaved rounds, medians of
// the ratios of neighbors; absolute times say little, because the machine decides on them.
//
//   --json    prints one object of measures instead of the table
//   --write   writes docs/performance-invocation.md
//   --tiny    two short rounds over small tables: shows that every path works, measures nothing
//
// PostgreSQL 18 on this machine, `fsync` on, one pool of 10 connections, 64 calls in flight, wall-clock time:
//   insert      one INSERT of two values into a table with a primary key, a statement and a commit of its own per call
//   authorize   the whole authorize step of a call that needs a transaction token (measure-authorize.mjs): the resource loaded from memory, the policy
//               decided for the subject and for the actor, the token held against the call, its use consumed in PostgreSQL with its revocations, and
//               the intent appended to a log that is flushed to disk. The token's signature was verified before: `bench:gateway` measures that
//   consent     the same for a call that rests on the consent of a second person (measure-approvals.mjs), looked up and used up; over a table of
//               approvals that holds 1,000,000 decided and 1,000 open requests of others, and over one that holds none
import { writeFile } from 'node:fs/promises'
import pg from 'pg'
import { startPostgres } from '../../differential/start-postgres.mjs'
import { tableOf } from '../gateway/page.mjs'
import { measureApprovals } from './measure-approvals.mjs'
import { measureAuthorize } from './measure-authorize.mjs'
import { measuresOf } from './measures.mjs'
import { performancePage } from './page.mjs'
import { openPolicies } from './world.mjs'

const wants = (name) => process.argv.includes(`--${name}`)
const size = wants('tiny')
  ? { rounds: 2, calls: 100, consents: 10, decided: 1_000, open: 10 }
  : { rounds: 11, calls: 2_000, consents: 500, decided: 1_000_000, open: 1_000 }

const database = await startPostgres({ durable: true })
const pool = new pg.Pool({ connectionString: database.connectionString, max: 10 })
// The server may be stopped before every idle connection is.
pool.on('error', () => undefined)
const policies = await openPolicies()
try {
  const parts = { pool, policies, ...size }
  const measures = measuresOf({ authorize: await measureAuthorize(parts), approvals: await measureApprovals(parts) })
  process.stdout.write(wants('json') ? `${JSON.stringify(measures)}\n` : `${tableOf(measures)}\n`)
  if (wants('write')) {
    await writeFile(new URL('../../../docs/performance-invocation.md', import.meta.url), performancePage(measures))
  }
} finally {
  await policies.close()
  await pool.end()
  await database.stop()
}
