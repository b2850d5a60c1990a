/** Functions that look at the rows of a group; beside them stands what only a window does. */
export const AGGREGATES: readonly string[] = [
  ...['count', 'sum', 'avg', 'min', 'max', 'string_agg', 'array_agg', 'json_agg', 'jsonb_agg', 'json_object_agg'],
  ...['jsonb_object_agg', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or', 'mode', 'percentile_cont'],
  ...['percentile_disc', 'stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp', 'corr'],
  ...['covar_pop', 'covar_samp', 'regr_slope', 'regr_intercept', 'regr_r2', 'regr_count', 'any_value'],
]
const WINDOW = [
  ...['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'lag', 'lead', 'first_value'],
  ...['last_value', 'nth_value'],
]
const DATES = [
  ...['now', 'date_trunc', 'date_part', 'extract', 'age', 'date_bin', 'make_date', 'make_time', 'make_timestamp'],
  ...['make_interval', 'to_char', 'to_date', 'to_timestamp', 'to_number', 'timezone', 'justify_days'],
  ...['justify_hours', 'justify_interval', 'isfinite', 'overlaps'],
]
const TEXTS = [
  ...['lower', 'upper', 'initcap', 'length', 'char_length', 'character_length', 'octet_length', 'substring', 'substr'],
  ...['left', 'right', 'btrim', 'ltrim', 'rtrim', 'replace', 'translate', 'split_part', 'concat', 'concat_ws'],
  ...['position', 'strpos', 'reverse', 'starts_with', 'overlay', 'ascii', 'chr', 'md5', 'lpad', 'rpad', 'repeat'],
  ...['regexp_replace', 'regexp_match', 'regexp_matches', 'regexp_count', 'regexp_substr', 'regexp_like'],
  ...['regexp_split_to_array', 'regexp_split_to_table', 'string_to_array', 'string_to_table', 'array_to_string'],
  ...['like_escape', 'similar_to_escape'],
]
const NUMBERS = [
  ...['abs', 'ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign', 'mod', 'div', 'power', 'sqrt', 'cbrt', 'exp', 'ln'],
  ...['log', 'log10', 'width_bucket', 'num_nulls', 'num_nonnulls'],
]
const JSON_AND_ARRAYS = [
  ...['json_build_object', 'jsonb_build_object', 'json_build_array', 'jsonb_build_array', 'to_json', 'to_jsonb'],
  ...['json_array_length', 'jsonb_array_length', 'json_extract_path', 'json_extract_path_text', 'jsonb_extract_path'],
  ...['jsonb_extract_path_text', 'json_typeof', 'jsonb_typeof', 'json_strip_nulls', 'jsonb_strip_nulls'],
  ...['array_length', 'cardinality', 'array_position', 'array_append', 'array_prepend', 'array_cat', 'array_remove'],
  ...['array_upper', 'array_lower'],
]

/** Functions that return sets, with the names of their columns in FROM; without a list, the one column is named by the alias. */
export const SET_FUNCTIONS: Readonly<Record<string, readonly string[] | undefined>> = {
  generate_series: undefined,
  generate_subscripts: undefined,
  unnest: undefined,
  string_to_table: undefined,
  regexp_split_to_table: undefined,
  json_array_elements: ['value'],
  jsonb_array_elements: ['value'],
  json_array_elements_text: ['value'],
  jsonb_array_elements_text: ['value'],
  json_object_keys: undefined,
  jsonb_object_keys: undefined,
  json_each: ['key', 'value'],
  jsonb_each: ['key', 'value'],
  json_each_text: ['key', 'value'],
  jsonb_each_text: ['key', 'value'],
}

/**
 * Functions of `pg_catalog` that a statement may call. Each computes on its arguments alone: none reads a file, a catalog, a
 * setting or a table, runs SQL from text, sleeps, locks, notifies or writes.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...AGGREGATES,
  ...WINDOW,
  ...DATES,
  ...TEXTS,
  ...NUMBERS,
  ...JSON_AND_ARRAYS,
  ...Object.keys(SET_FUNCTIONS),
])

/** Functions whose second argument says how much text to make: it must be a literal no greater than this. */
export const BOUNDED_FUNCTIONS: ReadonlySet<string> = new Set(['lpad', 'rpad', 'repeat'])
export const MAX_PADDING = 255
