const PG = 'packages/bindings/pg/src'
const GUARD = 'packages/layers/4-execution/src/guard'
const TRANSACTIONS = ['packages/bindings/pg/test/transactions.test.ts']
const STREAMS = ['packages/bindings/pg/test/streams.test.ts']
const CLIENT = ['packages/bindings/pg/test/guarded-client.test.ts']
const SESSIONS = ['packages/bindings/pg/test/sessions.test.ts']
const SURFACE = ['packages/bindings/pg/test/surface.test.ts']
const KEPT = ['packages/bindings/pg/test/kept-statements.test.ts']
const STEADY = ['packages/layers/4-execution/test/steady-statements.test.ts']
const BROKEN = ['packages/bindings/pg/test/broken-connections.test.ts']

/** Faults of guarded clients: transactions, streams, sessions and what may be sent. */
export const clients = [
  {
    id: 'client-rows-after-its-call',
    file: `${GUARD}/execution-guard.ts`,
    find: '          assertOpen()\n          if (mayLeave(call))',
    replace: '          if (mayLeave(call))',
    suite: CLIENT,
  },
  {
    id: 'client-transaction-of-another-call',
    file: `${PG}/transaction-session.ts`,
    find: 'if (this.#parts.owner.covers(work)) return',
    replace: 'if (work) return',
    suite: TRANSACTIONS,
  },
  {
    id: 'client-transaction-joined-by-any-system-work',
    file: `${GUARD}/execution-guard.ts`,
    find: "'system' in theirs && theirs.within === work",
    replace: "'system' in theirs",
    suite: TRANSACTIONS,
  },
  {
    id: 'client-transaction-outlives-its-call',
    file: `${PG}/transaction-session.ts`,
    find: 'parts.owner.watch(() => this.abandon())',
    replace: 'parts.owner.watch(() => undefined)',
    suite: TRANSACTIONS,
  },
  {
    id: 'client-commit-after-its-call',
    file: `${PG}/transaction-session.ts`,
    find: '        owner.assertOpen()\n        if (failure) throw failure\n',
    replace: '        if (failure) throw failure\n',
    suite: TRANSACTIONS,
  },
  {
    id: 'client-failed-transaction-committed',
    file: `${PG}/transaction-session.ts`,
    find: '        if (failure) throw failure\n',
    replace: '',
    suite: TRANSACTIONS,
  },
  {
    id: 'client-control-by-text',
    file: `${GUARD}/execution-guard.ts`,
    find: 'isOpaque && isTransactionControl(String(text))',
    replace: "isOpaque && text === ''",
    suite: TRANSACTIONS,
  },
  {
    id: 'client-any-failure-tried-again',
    file: `${PG}/guarded-client.ts`,
    find: 'if (!session.isGivenUp || retries === 0) throw error',
    replace: 'if (retries === 0) throw error',
    suite: BROKEN,
  },
  {
    id: 'client-stream-read-by-anybody',
    file: `${PG}/row-stream.ts`,
    find: 'if (!owner.covers(guard.enter()))',
    replace: 'if (!guard.enter())',
    suite: STREAMS,
  },
  {
    id: 'client-stream-after-its-call',
    file: `${PG}/row-stream.ts`,
    find: '          owner.assertOpen()\n          yield row',
    replace: '          yield row',
    suite: STREAMS,
  },
  {
    id: 'client-stream-not-settled',
    file: `${PG}/open-cursor.ts`,
    find: 'const fetched = { ...statement,',
    replace: 'const fetched = { ...statement, settle: nothingToSettle,',
    suite: STREAMS,
  },
  {
    id: 'client-session-not-reset',
    file: `${PG}/pool-source.ts`,
    find: "if (state === 'used') return reset",
    replace: "if (state === 'broken') return reset",
    suite: SESSIONS,
  },
  {
    id: 'client-session-not-pinned',
    file: `${PG}/pool-source.ts`,
    find: 'return session.isPinned ? connection : pinned(connection)',
    replace: 'return connection',
    suite: SESSIONS,
  },
  {
    id: 'client-statement-object-with-anything',
    file: `${PG}/read-statement.ts`,
    find: 'KNOWN.includes(key)',
    replace: "key !== ''",
    suite: SURFACE,
  },
  {
    id: 'client-kysely-connection-used-on',
    file: 'packages/bindings/kysely/src/guarded-connection.ts',
    find: "    if (this.#isReleased) throw new LockstepError('execution.no-call', 'the connection was given back')\n",
    replace: '',
    suite: ['packages/bindings/kysely/test/surface.test.ts'],
  },
  {
    id: 'client-kept-lost-for-good',
    file: `${PG}/pool-source.ts`,
    find: 'if (name !== undefined && isNotKept(error)) {',
    replace: 'if (name === text && isNotKept(error)) {',
    suite: KEPT,
  },
  {
    id: 'client-kept-without-end',
    file: `${PG}/kept-statements.ts`,
    find: 'known !== undefined || names.size >= MOST_KEPT ||',
    replace: 'known !== undefined ||',
    suite: KEPT,
  },
  {
    id: 'client-kept-after-a-reset',
    file: `${PG}/pool-source.ts`,
    find: '    session.kept.forget()\n',
    replace: '',
    suite: KEPT,
  },
  {
    id: 'client-kept-plan-of-somebody-else',
    file: `${PG}/session-state.ts`,
    find: "'plan_cache_mode', 'force_custom_plan'",
    replace: "'plan_cache_mode', 'force_generic_plan'",
    suite: KEPT,
  },
  {
    id: 'client-planned-once-whatever-it-is',
    file: `${PG}/session-planning.ts`,
    find: "return isSteady || mode === 'force_custom_plan'",
    replace: 'return true',
    suite: KEPT,
  },
  {
    id: 'client-planned-once-for-good',
    file: `${PG}/session-planning.ts`,
    find: "mode === 'auto' ? 'force_custom_plan' : 'auto'",
    replace: "mode === 'auto' ? undefined : 'auto'",
    suite: KEPT,
  },
  {
    id: 'client-planned-never-once',
    file: `${PG}/session-planning.ts`,
    find: 'others < ENOUGH ? undefined',
    replace: 'others >= 0 ? undefined',
    suite: KEPT,
  },
  {
    id: 'client-planned-as-before-a-reset',
    file: `${PG}/pool-source.ts`,
    find: "    session.planning.become('force_custom_plan')\n",
    replace: '',
    suite: KEPT,
  },
  {
    id: 'client-steady-policy-that-looks-aside',
    file: 'packages/layers/4-execution/src/rewrite-statement.ts',
    find: ' && !looksAside(statement)',
    replace: '',
    suite: STEADY,
  },
  {
    id: 'client-steady-by-any-column',
    file: 'packages/layers/4-execution/src/rewrite-statement.ts',
    find: "kind === 'table' && steady.columns.includes(key.column.name)",
    replace: "kind === 'table' && key.column.name !== ''",
    suite: STEADY,
  },
]
