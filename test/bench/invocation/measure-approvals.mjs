import { randomUUID } from 'node:crypto'
import { throughput } from './throughput.mjs'
import { openInstance } from './world.mjs'

const WARMING = 2
/** Of one caller not more than 20 requests may wait at once. */
const AT_ONCE = 10

/** Requests of other callers: so many were decided and used, and so many wait. */
const FILL = `
with sizes as (select $1::bigint as decided, $2::bigint as open, $3::bigint as now)
insert into full_of_approvals.approvals
  (id, binding, issuer, subject, actor, tool, asked, said, consents, given, requested_at, expires_at, state, is_standing, is_told)
select 'other-' || n, 'binding-' || n, 'https://as.bench', 'user:' || n % 5000, 'agent-' || n % 7, 'approveExpense',
  'asked-' || n % 50, '{}', '[]', case when n <= decided then 1 else 0 end, now - 1000 * n,
  now + 600000, case when n <= decided then 'used' else 'pending' end, n > decided, true
from sizes, generate_series(1, decided + open) as n`

/**
 * Calls per second of wall-clock time with 64 in flight, each of which rests on a consent of its own, which it looks up and uses up: over a table of
 * approvals in which nothing else stands, and over one with `decided` and `open` requests of others.
 */
export async function measureApprovals({ pool, policies, rounds, consents, decided, open }) {
  const empty = await openInstance({ pool, schema: 'empty_of_approvals', policies })
  const full = await openInstance({ pool, schema: 'full_of_approvals', policies })
  const samples = { empty: [], full: [] }
  try {
    await pool.query(FILL, [decided, open, Date.now()])
    for (const schema of ['empty_of_approvals', 'full_of_approvals'])
      await pool.query(`vacuum analyze ${schema}.approvals`)
    await pool.query('checkpoint')
    for (let round = -WARMING; round < rounds; round += 1) {
      // Whoever is measured first is the other one each time.
      const turns = Object.entries({ empty, full })
      if (round % 2 === 0) turns.reverse()
      for (const [name, instance] of turns) {
        const prepared = []
        while (prepared.length < consents) {
          const batch = Array.from({ length: AT_ONCE }, () => instance.prepare(randomUUID(), true))
          prepared.push(...(await Promise.all(batch)))
        }
        const perSecond = await throughput(prepared, instance.authorize)
        if (round >= 0) samples[name].push(perSecond)
      }
    }
    return samples
  } finally {
    await empty.close()
    await full.close()
  }
}
