const MCP = 'packages/bindings/mcp/src'
const STORES = 'packages/stores/src'
const FEED = ['packages/stores/test/revocation-feed.test.ts']
const STREAMS = ['test/e2e/revocation.test.ts']
const TWO = ['test/attacks/revocation-feed.test.ts']
const REVOKE = ['packages/bindings/mcp/test/revoke-everything.test.ts']

/** Faults of the feed of revocations and of what it ends. */
export const revocation = [
  {
    id: 'silent-feed-tolerated',
    file: `${MCP}/revocation/fresh-uses.ts`,
    find: "if (isSilent(freshness)) throw new LockstepError('state.feed-silent')",
    replace: '',
    suite: TWO,
  },
  {
    id: 'silent-feed-leaves-streams-open',
    file: `${MCP}/revocation/open-exchanges.ts`,
    find: "    if (isSilent(options)) for (const entry of [...open]) end(entry, 'state.feed-silent')\n",
    replace: '',
    suite: TWO,
  },
  {
    id: 'silence-by-whoever-was-heard',
    file: `${STORES}/postgres/postgres-feed.ts`,
    find: '  const hear = (text: string) => {\n',
    replace: '  const hear = (text: string) => {\n    silence.heardUpTo(Number.POSITIVE_INFINITY)\n',
    suite: FEED,
  },
  {
    id: 'beat-that-does-not-come-back',
    file: `${STORES}/postgres/listening-connection.ts`,
    find: 'await inTime(Promise.all([asked, Promise.race([back, failed])]), longest)',
    replace: 'await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, longest / 4))])',
    suite: FEED,
  },
  {
    id: 'missed-revocations-not-read-again',
    file: `${STORES}/postgres/postgres-feed.ts`,
    find: '      for (const notice of await readLasting((sql) => listening.rows(qualify(sql)))) hub.tell(notice)\n',
    replace: '',
    suite: FEED,
  },
  {
    id: 'missed-not-told',
    file: `${STORES}/postgres/postgres-feed.ts`,
    find: '      hub.tellMissed()\n      await listening.beat(patience)\n',
    replace: '      await listening.beat(patience)\n',
    suite: FEED,
  },
  {
    id: 'revocation-not-told-to-others',
    file: `${STORES}/sql/sql-revocations.ts`,
    find: 'pg_notify(',
    replace: 'concat(',
    suite: FEED,
  },
  {
    id: 'redis-believed-when-it-restores',
    file: `${STORES}/redis/redis-broadcast.ts`,
    find: 'if (!isLasting(notice)) return hub.tell(notice)',
    replace: 'if (notice) return hub.tell(notice)',
    suite: FEED,
  },
  {
    id: 'older-notice-overtakes',
    file: `${STORES}/feed/create-feed-hub.ts`,
    find: '        if (notice.revision <= (lasting.get(notice.name)?.revision ?? 0)) return\n',
    replace: '',
    suite: ['packages/stores/test/feed-hub.test.ts'],
  },
  {
    id: 'streams-of-the-revoked-kept',
    file: `${MCP}/revocation/open-exchanges.ts`,
    find: "if (standing.some(isCovered)) end(entry, 'gateway.token-revoked')",
    replace: 'if (name === undefined) return',
    suite: STREAMS,
  },
  {
    id: 'ended-call-stays-open',
    file: `${MCP}/http/create-http-guard.ts`,
    find: '      inbound.close(true)\n      // A stream that answers no request has nobody to tell.\n',
    replace: '',
    suite: STREAMS,
  },
  {
    id: 'end-not-recorded',
    file: `${MCP}/http/create-http-guard.ts`,
    find: '      void recordEnd(parts.audit, exchange, code)\n',
    replace: '',
    suite: STREAMS,
  },
  {
    id: 'hung-up-call-escapes',
    file: `${MCP}/http/create-http-guard.ts`,
    find: 'if (response.writableFinished || !exchange.call) leave()',
    replace: 'if (response) leave()',
    suite: STREAMS,
  },
  {
    id: 'revoked-on-the-way-in-missed',
    file: `${MCP}/revocation/open-exchanges.ts`,
    find: 'recent.count !== before.notices && recent.covers(standing)',
    replace: 'recent.count < 0',
    suite: ['packages/bindings/mcp/test/open-exchanges.test.ts'],
  },
  {
    id: 'gap-on-the-way-in-not-looked-up',
    file: `${MCP}/revocation/open-exchanges.ts`,
    find: '          } else if (gaps !== before.gaps) void lookUp([entry])\n',
    replace: '          }\n',
    suite: ['packages/bindings/mcp/test/open-exchanges.test.ts'],
  },
  {
    id: 'gap-that-cannot-be-looked-up-forgiven',
    file: `${MCP}/revocation/open-exchanges.ts`,
    find: "codeOf(entry).catch((): ErrorCode => 'state.unavailable')",
    replace: 'codeOf(entry).catch(() => undefined)',
    suite: ['packages/bindings/mcp/test/open-exchanges.test.ts'],
  },
  {
    id: 'forbid-revocable',
    file: `${MCP}/create-revoke.ts`,
    find: "if (kind === 'forbid') {",
    replace: "if (kind === 'forbid' && false) {",
    suite: REVOKE,
  },
  {
    id: 'restored-without-a-record',
    file: `${MCP}/create-restore.ts`,
    find: '    await audit.append({\n',
    replace: '    await revocations.restore(name)\n    await audit.append({\n',
    suite: REVOKE,
  },
  {
    id: 'epoch-not-followed',
    file: `${MCP}/revocation/follow-standing.ts`,
    find: '      if (isFollowing) stand()\n',
    replace: '      if (isFollowing && until === 0) stand()\n',
    suite: STREAMS,
  },
]
