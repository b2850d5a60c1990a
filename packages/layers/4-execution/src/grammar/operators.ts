/**
 * Operators of `pg_catalog` that a statement may use. They compute on values that are in scope and have no effect. The keyword
 * forms (`BETWEEN`) stand here as the grammar names them.
 *
 * A print names an operator without its schema, because the grammar has no other form for `IN`, `LIKE` or `USING`. That it means
 * PostgreSQL's own is for `checkOperators` to say.
 */
export const OPERATORS: ReadonlySet<string> = new Set([
  ...['=', '<>', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '^', '||', '|/', '||/', '@', '&', '|', '#', '~'],
  ...['<<', '>>', '~~', '!~~', '~~*', '!~~*', '!~', '~*', '!~*', '^@'],
  ...['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'],
  ...['->', '->>', '#>', '#>>', '#-', '@>', '<@', '&&', '?', '?|', '?&', '@?', '@@'],
  ...['&<', '&>', '-|-', '<<=', '>>=', '!!'],
])
