const RELAY = 'packages/bindings/mcp/src/relay'
const STREAM = 'packages/layers/4-execution/src/egress/stream'
const RELAYED = ['test/e2e/relay.test.ts']
const PIECES = ['packages/layers/4-execution/test/streamed-release.test.ts']

export const relay = [
  {
    id: 'relay-sends-capability',
    file: `${RELAY}/message-for-upstream.ts`,
    find: '!name.startsWith(OURS)',
    replace: 'name.startsWith(OURS) || true',
    suite: RELAYED,
  },
  {
    id: 'relay-session-of-anybody',
    file: `${RELAY}/relay-sessions.ts`,
    find: "typeof id === 'string' && owners.get(id) === nameOf(caller)",
    replace: "typeof id === 'string' && owners.has(id) && nameOf(caller) !== undefined",
    suite: RELAYED,
  },
  {
    id: 'streamed-almost-json-leaves',
    file: `${STREAM}/release-streamed.ts`,
    find: 'if (held.isJson) this.#waiting.push({ held })',
    replace: 'this.#waiting.push({ held })',
    suite: PIECES,
  },
  {
    id: 'streamed-json-not-read-to-its-end',
    file: `${STREAM}/check-json.ts`,
    find: "  if ((await cursor.peek()) !== '') throw new JsonRejection('malformed')\n",
    replace: '',
    suite: PIECES,
  },
  {
    id: 'streamed-announced-to-nobody',
    file: 'packages/bindings/mcp/src/streamed/stream-answer.ts',
    find: '      await release.announce()\n',
    replace: '',
    suite: ['packages/bindings/mcp/test/stream-answer.test.ts'],
  },
  {
    id: 'streamed-unannounced-leaves',
    file: 'packages/bindings/mcp/src/obligations/carry-out.ts',
    find: "if (!(await announce(call))) throw new LockstepError('execution.obligation-failed')",
    replace: 'await announce(call)',
    suite: ['packages/bindings/mcp/test/carry-out.test.ts'],
  },
  {
    id: 'streamed-after-the-session',
    file: 'packages/bindings/mcp/src/obligations/carry-out.ts',
    find: "if (termsOf(call.obligations).endsSession) throw new LockstepError('gateway.token-revoked')",
    replace: '',
    suite: ['packages/bindings/mcp/test/carry-out.test.ts'],
  },
  {
    id: 'streamed-under-any-obligation',
    file: `${STREAM}/may-stream.ts`,
    find: 'IN_PIECES.has(name)',
    replace: "IN_PIECES.has(name) || name !== ''",
    suite: ['packages/layers/4-execution/test/streamed-obligations.test.ts'],
  },
  {
    id: 'streamed-labels-not-raised',
    file: `${STREAM}/release-streamed.ts`,
    find: 'if (fresh.length > 0) await options.raise(fresh)',
    replace: 'if (fresh.length > 99) await options.raise(fresh)',
    suite: PIECES,
  },
  {
    id: 'streamed-member-twice',
    file: `${STREAM}/json-cursor.ts`,
    find: "      if (names.has(name)) throw new JsonRejection('duplicate-member')\n",
    replace: '',
    suite: PIECES,
  },
]
