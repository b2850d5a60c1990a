const CONTROL = new Set(['abort', 'begin', 'commit', 'end', 'release', 'rollback', 'savepoint', 'start'])

/**
 * Whether a text begins, ends or divides a transaction. Its first word tells, because the extended protocol takes one statement; nothing is
 * parsed, so that this holds for a text of any version of PostgreSQL.
 *
 * `PREPARE TRANSACTION` counts, `PREPARE` alone does not.
 */
export function isTransactionControl(sql: string): boolean {
  const from = afterBlanks(sql, 0)
  const first = wordAt(sql, from)
  if (first !== 'prepare') return CONTROL.has(first)
  return wordAt(sql, afterBlanks(sql, from + first.length)) === 'transaction'
}

function wordAt(sql: string, from: number): string {
  return /^[a-z]*/i.exec(sql.slice(from, from + 20))?.[0].toLowerCase() ?? ''
}

/** Where the next word begins: white space, empty statements and comments, which PostgreSQL nests, are left out. */
function afterBlanks(sql: string, from: number): number {
  let at = from
  for (;;) {
    if (' \t\n\r\f\v;'.includes(sql[at] ?? 'x')) at += 1
    else if (sql.startsWith('--', at)) at = endOfLine(sql, at)
    else if (sql.startsWith('/*', at)) at = endOfComment(sql, at)
    else return at
  }
}

function endOfLine(sql: string, from: number): number {
  const length = sql.slice(from).search(/[\n\r]/)
  return length < 0 ? sql.length : from + length
}

function endOfComment(sql: string, from: number): number {
  let depth = 0
  const bound = /\/\*|\*\//g
  bound.lastIndex = from
  for (let found = bound.exec(sql); found; found = bound.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return bound.lastIndex
  }
  return sql.length
}
