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
