/**
 * Operators that a statement may use, all of them PostgreSQL's own. They compute on values that are in scope and have no
 * effect. The keyword forms (`BETWEEN`) stand here as the grammar names them.
 */
export const OPERATORS: ReadonlySet<string> = new Set([
  ...['=', '<>', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '^', '||', '|/', '@', '&', '|', '#', '<<', '>>'],
  ...['~~', '!~~', '~~*', '!~~*', '~', '!~', '~*', '!~*'],
  ...['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'],
  ...['->', '->>', '#>', '#>>', '@>', '<@', '&&', '?', '?|', '?&'],
])
