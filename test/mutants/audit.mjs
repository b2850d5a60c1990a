const AUDIT = 'packages/engines/audit/src'
const MERKLE = ['packages/engines/audit/test/merkle.test.ts']
const TAMPERING = ['packages/engines/audit/test/tampering.test.ts']
const HOSTILE = ['packages/engines/audit/test/hostile-files.test.ts']
const DURABILITY = ['packages/engines/audit/test/durability.test.ts']

export const audit = [
  {
    id: 'leaf-without-its-prefix',
    file: `${AUDIT}/merkle/tree-hash.ts`,
    find: '.update(LEAF)',
    replace: '',
    suite: MERKLE,
  },
  {
    id: 'node-without-its-prefix',
    file: `${AUDIT}/merkle/tree-hash.ts`,
    find: '.update(NODE)',
    replace: '',
    suite: MERKLE,
  },
  {
    id: 'root-not-checked',
    file: `${AUDIT}/log/inspect-log.ts`,
    find: "if (head.root !== Buffer.from(frontier.root()).toString('base64url')) return false",
    replace: '',
    suite: TAMPERING,
  },
  {
    id: 'checkpoint-signature-not-checked',
    file: `${AUDIT}/log/inspect-log.ts`,
    find: "if (!isSignedCheckpoint(checkpoint, publicKeys)) return fault('checkpoint-signature')",
    replace: '',
    suite: TAMPERING,
  },
  {
    id: 'torn-line-taken-before-a-checkpoint',
    file: `${AUDIT}/log/inspect-log.ts`,
    find: '&& pending.length === 0 && line.bytes',
    replace: '&& line.bytes',
    suite: [...TAMPERING, ...DURABILITY],
  },
  {
    id: 'missing-records-not-missed',
    file: `${AUDIT}/log/inspect-log.ts`,
    find: "if (pending.length > 0) return fault('record-missing'",
    replace: "if (pending.length > 9999) return fault('record-missing'",
    suite: TAMPERING,
  },
  {
    id: 'record-hash-not-checked',
    file: `${AUDIT}/audit-record.ts`,
    find: "  if (leaf.toString('base64url') !== written) return undefined\n",
    replace: '',
    suite: TAMPERING,
  },
  {
    id: 'record-place-not-checked',
    file: `${AUDIT}/audit-record.ts`,
    find: 'isRecord(record) && record.seq === seq ?',
    replace: 'isRecord(record) ?',
    suite: HOSTILE,
  },
  {
    id: 'digests-not-salted',
    file: `${AUDIT}/audit-record.ts`,
    find: 'detail: saltDigests(detail, salt)',
    replace: 'detail',
    suite: ['packages/engines/audit/test/records.test.ts'],
  },
  {
    id: 'acknowledged-though-not-written',
    file: `${AUDIT}/open-audit-log.ts`,
    find: "for (const { waiter } of accepted) waiter.reject(unavailable('the log cannot be written', cause))",
    replace: 'for (const { waiter } of accepted) waiter.resolve()',
    suite: DURABILITY,
  },
  {
    id: 'written-without-an-overdue-checkpoint',
    file: `${AUDIT}/open-audit-log.ts`,
    find: '      if (isDue()) await sign()\n',
    replace: '',
    suite: HOSTILE,
  },
  {
    id: 'another-writer-not-noticed',
    file: `${AUDIT}/log/durable-file.ts`,
    find: "if (ours.size !== length) throw new Error('somebody else writes to the file')",
    replace: '',
    suite: DURABILITY,
  },
  {
    id: 'replaced-file-written',
    file: `${AUDIT}/log/durable-file.ts`,
    find: "if (ours.ino !== named.ino || ours.dev !== named.dev) throw new Error('the file was replaced')",
    replace: '',
    suite: HOSTILE,
  },
]
