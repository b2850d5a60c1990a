import { NIGHTLY } from '../long-runs.ts'

/** Settings under which conditions are evaluated in other orders and places. */
export const PLANNERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'as usual': {},
  'nested loops': { enable_hashjoin: 'off', enable_mergejoin: 'off', random_page_cost: '0.1', enable_memoize: 'off' },
  'merge joins': { enable_hashjoin: 'off', enable_nestloop: 'off', enable_hashagg: 'off' },
  'no indexes': { enable_indexscan: 'off', enable_bitmapscan: 'off', enable_material: 'off', from_collapse_limit: '1' },
  // starting workers takes longer than a hundred statements
  ...(NIGHTLY
    ? {
        'in parallel': {
          parallel_setup_cost: '0',
          parallel_tuple_cost: '0',
          min_parallel_table_scan_size: '0',
          enable_sort: 'off',
        },
      }
    : {}),
}
