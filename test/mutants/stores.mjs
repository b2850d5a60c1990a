const STORES = 'packages/stores/src'
const MEMORY = ['packages/stores/test/memory.test.ts']
const PGLITE = ['packages/stores/test/pglite.test.ts']

export const stores = [
  {
    id: 'pglite-consumes-again',
    file: `${STORES}/sql/sql-uses.ts`,
    find: '    on conflict do nothing\n    returning digest',
    replace: '    on conflict (digest) do update set expires_at = excluded.expires_at\n    returning digest',
    suite: PGLITE,
  },
  {
    id: 'pglite-expiry-ignored',
    file: `${STORES}/sql/sql-uses.ts`,
    find: 'where expires_at > greatest(forgotten_until, $4::bigint)',
    replace: 'where expires_at > forgotten_until and $4::bigint is not null',
    suite: PGLITE,
  },
  {
    id: 'pglite-horizon-stays',
    file: `${STORES}/sql/sql-uses.ts`,
    find: 'set forgotten_until = greatest(forgotten_until, $1)',
    replace: 'set forgotten_until = forgotten_until',
    suite: PGLITE,
  },
  {
    id: 'memory-consume-not-atomic',
    file: `${STORES}/memory/memory-single-use.ts`,
    find: '      consumed.add(key)\n',
    replace: '      await Promise.resolve()\n      consumed.add(key)\n',
    suite: MEMORY,
  },
  {
    id: 'memory-expiry-ignored',
    file: `${STORES}/memory/memory-single-use.ts`,
    find: "expiresAt <= Math.max(horizon, now)) return 'used'",
    replace: "expiresAt <= horizon) return 'used'",
    suite: MEMORY,
  },
  {
    id: 'memory-horizon-ignored',
    file: `${STORES}/memory/memory-single-use.ts`,
    find: "expiresAt <= Math.max(horizon, now)) return 'used'",
    replace: "expiresAt <= now) return 'used'",
    suite: MEMORY,
  },
  {
    id: 'memory-reservation-expires',
    file: `${STORES}/memory/memory-idempotency.ts`,
    find: "return record.state === 'committed' && expiresAt <= now",
    replace: "return record.state !== 'unknown' && expiresAt <= now",
    suite: MEMORY,
  },
  {
    id: 'pglite-reservation-expires',
    file: `${STORES}/sql/sql-idempotency.ts`,
    find: "where standing.state = 'committed' and standing.expires_at <= $5",
    replace: 'where standing.expires_at <= $5',
    suite: PGLITE,
  },
  {
    id: 'pglite-unknown-outcome-released',
    file: `${STORES}/sql/sql-idempotency.ts`,
    find: "const RELEASE = `delete from {idempotency} where key = $1 and state = 'reserved'`",
    replace: 'const RELEASE = `delete from {idempotency} where key = $1`',
    suite: PGLITE,
  },
  {
    id: 'pglite-approval-used-twice',
    file: `${STORES}/sql/sql-approvals.ts`,
    find: "where id = $1 and state = 'approved' and expires_at > $2 returning 1",
    replace: "where id = $1 and state <> 'pending' and expires_at > $2 returning 1",
    suite: PGLITE,
  },
  {
    id: 'pglite-pending-approval-used',
    file: `${STORES}/sql/sql-approvals.ts`,
    find: "where id = $1 and state = 'approved' and expires_at > $2 returning 1",
    replace: "where id = $1 and state <> 'used' and expires_at > $2 returning 1",
    suite: PGLITE,
  },
  {
    id: 'pglite-approver-replaced',
    file: `${STORES}/sql/sql-approvals.ts`,
    find: "where id = $1 and state = 'pending' and expires_at > $4",
    replace: "where id = $1 and state <> 'used' and expires_at > $4",
    suite: PGLITE,
  },
  {
    id: 'reservation-of-a-dead-process-forgotten',
    file: `${STORES}/sql/mark-unknown.ts`,
    find: "update {idempotency} set state = 'unknown' where state = 'reserved'",
    replace: "delete from {idempotency} where state = 'reserved'",
    suite: ['packages/stores/test/killed-call.test.ts'],
  },
]
