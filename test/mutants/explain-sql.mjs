const CLI = 'packages/lockstep/src'
const SQL = ['packages/lockstep/test/sql.test.ts']
const ANSWERS = ['packages/lockstep/test/answer-line.test.ts']
const TABLES = ['packages/lockstep/test/tables.test.ts']

export const explainSql = [
  {
    id: 'sql-bound-values-told',
    file: `${CLI}/describe-statement.ts`,
    find: 'parameters: { own, bound: parameters.length - own },',
    replace: 'parameters: { own, bound: parameters.length - own, values: parameters },',
    suite: SQL,
  },
  {
    id: 'sql-line-of-any-length-kept',
    file: `${CLI}/read-lines.ts`,
    find: 'if (bytes > maxBytes) parts = []\n    else parts.push(part)',
    replace: 'parts.push(part)',
    suite: ANSWERS,
  },
  {
    id: 'sql-line-without-end-unanswered',
    file: `${CLI}/read-lines.ts`,
    find: 'if (bytes > 0) yield take()',
    replace: '',
    suite: ANSWERS,
  },
  {
    id: 'sql-fault-ends-the-lines',
    file: `${CLI}/answer-line.ts`,
    find: '  const known = isLockstepError(error)\n',
    replace: '  if (!isLockstepError(error)) throw error\n  const known = isLockstepError(error)\n',
    suite: ANSWERS,
  },
  {
    id: 'sql-rounded-parameter-passed-on',
    file: `${CLI}/answer-line.ts`,
    find: 'parameters.map(exact)',
    replace: 'parameters',
    suite: ANSWERS,
  },
  {
    id: 'sql-member-twice-accepted',
    file: `${CLI}/answer-line.ts`,
    find: 'request = parseJson(line, LIMITS)',
    replace: "request = JSON.parse(Buffer.from(line).toString('utf8'))",
    suite: ANSWERS,
  },
  {
    id: 'snapshot-of-a-later-version-read',
    file: 'packages/layers/4-execution/src/database/catalog-snapshot.ts',
    find: 'if (value.version !== VERSION)',
    replace: 'if (value.version === undefined)',
    suite: TABLES,
  },
  {
    id: 'snapshot-not-held-against-the-mapping',
    file: 'packages/bindings/mcp/src/check-mapping.ts',
    find: 'fitSnapshot(tables, bytes, file, declared)\n  }',
    replace: 'readCatalog(bytes, file)\n  }',
    suite: TABLES,
  },
  {
    id: 'relationships-of-the-database-taken-for-none',
    file: `${CLI}/without-database.ts`,
    find: '...(isMapping ? { relationships: IN_THE_DATABASE } : known),',
    replace: '...known,',
    suite: TABLES,
  },
  {
    id: 'scaffold-leaves-out-what-it-cannot-map',
    file: `${CLI}/print-tables.ts`,
    find: 'if (!mapping) return remark(',
    replace: "if (!mapping) return ''\n  if (!mapping) return remark(",
    suite: TABLES,
  },
  {
    id: 'scaffold-shows-sensitive-columns',
    file: `${CLI}/scaffold-table.ts`,
    find: 'mapping: { ...plain, class: SENSITIVE }, says }',
    replace: 'mapping: plain, says }',
    suite: TABLES,
  },
]
