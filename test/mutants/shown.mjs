const EXECUTION = 'packages/layers/4-execution/src'
const SILENT = ['test/attacks/shown-barrier.test.ts']
const ASKED = ['packages/layers/4-execution/test/asked-columns.test.ts']
const ROWS = ['test/differential/shown-relations.test.ts']

/** Faults around what shows rows and is no table, and around which columns are shown. */
export const shown = [
  {
    id: 'shown-cells-taken-for-stored',
    file: `${EXECUTION}/resolve/place-relation.ts`,
    find: "const isStored = table.kind === 'table' || table.kind === 'materialized view'",
    replace: 'const isStored = table.kind.length > 0',
    suite: SILENT,
  },
  {
    id: 'foreign-child-taken-for-a-table',
    file: `${EXECUTION}/database/live-columns.ts`,
    find: 'SELECT h.inhparent FROM',
    replace: 'SELECT h.inhrelid FROM',
    suite: ['test/differential/shown-relations.test.ts'],
  },
  {
    id: 'shown-arguments-not-fenced',
    file: `${EXECUTION}/barrier/raise-barrier.ts`,
    find: '  fenceArguments(notes)\n',
    replace: '',
    suite: SILENT,
  },
  {
    id: 'shown-rows-with-gaps',
    file: `${EXECUTION}/policy/visible-row.ts`,
    find: 'const isThere = table.demanded.map(',
    replace: 'const isThere = table.demanded.slice(0, 0).map(',
    suite: ROWS,
  },
  {
    id: 'shown-label-of-a-row-with-gaps',
    file: `${EXECUTION}/labels/label-probe.ts`,
    find: 'visibleRow(row, table,',
    replace: 'visibleRow(row, { ...table, demanded: [] },',
    suite: ROWS,
  },
  {
    id: 'shown-label-by-its-rows',
    file: `${EXECUTION}/labels/label-places.ts`,
    find: "isShown && table.kind === 'table' ?",
    replace: 'isShown ?',
    suite: ROWS,
  },
  {
    id: 'shown-rows-are-counted',
    file: `${EXECUTION}/resolve/resolve-mapped-function.ts`,
    find: 'range.ordinality || ',
    replace: '',
    suite: ROWS,
  },
  {
    id: 'shown-argument-picks-the-function',
    file: `${EXECUTION}/resolve/resolve-mapped-function.ts`,
    find: 'cast(arg, types[index] ?? {})',
    replace: 'arg',
    suite: ROWS,
  },
  {
    id: 'shown-view-taken-for-a-table',
    file: `${EXECUTION}/database/check-tables.ts`,
    find: "table: ['r', 'p'],",
    replace: "table: ['r', 'p', 'v'],",
    suite: ROWS,
  },
  {
    id: 'shown-column-that-is-virtual',
    file: `${EXECUTION}/database/check-tables.ts`,
    find: 'if (column.virtual) {',
    replace: 'if (column.virtual && !column.type) {',
    suite: ROWS,
  },
  {
    id: 'asked-columns-by-position-lost',
    file: `${EXECUTION}/resolve/resolve-from.ts`,
    find: '    use.isComplete ||= join.alias.colnames !== undefined\n',
    replace: '',
    suite: ASKED,
  },
  {
    id: 'asked-star-is-nothing',
    file: `${EXECUTION}/resolve/resolve-column.ts`,
    find: '  for (const column of columns) askFor(column)\n',
    replace: '',
    suite: ASKED,
  },
  {
    id: 'asked-parameter-left-behind',
    file: `${EXECUTION}/barrier/leave-out-unasked.ts`,
    find: 'asked.has(nameOf(node)) || holdsParameter(node)',
    replace: 'asked.has(nameOf(node))',
    suite: ASKED,
  },
  {
    id: 'asked-using-is-nothing',
    file: `${EXECUTION}/resolve/resolve-from.ts`,
    find: '    for (const column of [ofLeft, ofRight]) askFor(column)\n',
    replace: '',
    suite: ASKED,
  },
]
