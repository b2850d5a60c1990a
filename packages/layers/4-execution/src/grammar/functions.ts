/** Functions that look at the rows of a group; beside them stands what only a window does. */
export const AGGREGATES: readonly string[] = [
  ...['count', 'sum', 'avg', 'min', 'max', 'string_agg', 'array_agg', 'json_agg', 'jsonb_agg', 'json_object_agg'],
  ...['jsonb_object_agg', 'json_agg_strict', 'jsonb_agg_strict', 'json_object_agg_strict', 'jsonb_object_agg_strict'],
  ...['json_object_agg_unique', 'jsonb_object_agg_unique', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or'],
  ...['bit_xor', 'mode', 'percentile_cont', 'percentile_disc', 'stddev', 'stddev_pop', 'stddev_samp', 'variance'],
  ...[
    'var_pop',
    'var_samp',
    'corr',
    'covar_pop',
    'covar_samp',
    'regr_slope',
    'regr_intercept',
    'regr_r2',
    'regr_count',
  ],
  ...['regr_avgx', 'regr_avgy', 'regr_sxx', 'regr_syy', 'regr_sxy', 'any_value', 'range_agg', 'range_intersect_agg'],
]
const WINDOW = [
  ...['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'lag', 'lead', 'first_value'],
  ...['last_value', 'nth_value'],
]
const DATES = [
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'date_trunc', 'date_part', 'extract', 'age', 'date_bin'],
  ...['make_date', 'make_time', 'make_timestamp', 'make_timestamptz', 'make_interval', 'to_char', 'to_date'],
  ...['to_timestamp', 'to_number', 'timezone', 'justify_days', 'justify_hours', 'justify_interval', 'isfinite'],
  ...['overlaps', 'date_add', 'date_subtract'],
]
/** Casts written as calls: `date(x)`. */
const CASTS = ['date', 'text', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bool', 'interval', 'time']
const TEXTS = [
  ...[
    'lower',
    'upper',
    'initcap',
    'casefold',
    'length',
    'char_length',
    'character_length',
    'octet_length',
    'bit_length',
  ],
  ...[
    'substring',
    'substr',
    'left',
    'right',
    'btrim',
    'ltrim',
    'rtrim',
    'replace',
    'translate',
    'split_part',
    'concat',
  ],
  ...['concat_ws', 'format', 'position', 'strpos', 'reverse', 'starts_with', 'overlay', 'ascii', 'chr', 'md5', 'lpad'],
  ...['rpad', 'repeat', 'regexp_replace', 'regexp_match', 'regexp_matches', 'regexp_count', 'regexp_instr'],
  ...['regexp_substr', 'regexp_like', 'regexp_split_to_array', 'regexp_split_to_table', 'string_to_array'],
  ...['string_to_table', 'array_to_string', 'like_escape', 'similar_to_escape', 'normalize', 'is_normalized', 'unistr'],
  ...['quote_literal', 'quote_ident', 'quote_nullable', 'encode', 'decode', 'sha224', 'sha256', 'sha384', 'sha512'],
  ...['to_hex', 'to_bin', 'to_oct', 'get_bit', 'get_byte', 'set_bit', 'set_byte', 'bit_count'],
]
const NUMBERS = [
  ...['abs', 'ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign', 'mod', 'div', 'power', 'pow', 'sqrt', 'cbrt', 'exp'],
  ...[
    'ln',
    'log',
    'log10',
    'width_bucket',
    'num_nulls',
    'num_nonnulls',
    'pi',
    'degrees',
    'radians',
    'sin',
    'cos',
    'tan',
  ],
  ...['cot', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'gcd', 'lcm', 'scale'],
  ...['min_scale', 'trim_scale', 'random'],
]
const JSON_AND_ARRAYS = [
  ...['json_build_object', 'jsonb_build_object', 'json_build_array', 'jsonb_build_array', 'to_json', 'to_jsonb'],
  ...['row_to_json', 'array_to_json', 'json_object', 'jsonb_object', 'json_array_length', 'jsonb_array_length'],
  ...['json_extract_path', 'json_extract_path_text', 'jsonb_extract_path', 'jsonb_extract_path_text', 'json_typeof'],
  ...['jsonb_typeof', 'json_strip_nulls', 'jsonb_strip_nulls', 'jsonb_set', 'jsonb_set_lax', 'jsonb_insert'],
  ...['jsonb_pretty', 'jsonb_path_exists', 'jsonb_path_match', 'jsonb_path_query_array', 'jsonb_path_query_first'],
  ...['jsonb_path_exists_tz', 'jsonb_path_match_tz', 'jsonb_path_query_array_tz', 'jsonb_path_query_first_tz'],
  ...['array_length', 'array_ndims', 'array_dims', 'cardinality', 'array_position', 'array_positions', 'array_append'],
  ...['array_prepend', 'array_cat', 'array_remove', 'array_replace', 'array_upper', 'array_lower', 'trim_array'],
  ...['array_sort', 'array_reverse'],
]
const RANGES = [
  ...['int4range', 'int8range', 'numrange', 'daterange', 'tsrange', 'tstzrange', 'int4multirange', 'int8multirange'],
  ...['nummultirange', 'datemultirange', 'tsmultirange', 'tstzmultirange', 'multirange', 'isempty', 'lower_inc'],
  ...['upper_inc', 'lower_inf', 'upper_inf', 'range_merge'],
]
/**
 * Text search reads the dictionaries that the database's owner installed, the same for everybody, and no row. What runs SQL
 * from a text (`ts_stat`, `ts_rewrite`) or tells of the catalog (`ts_debug`) is not among them.
 */
const TEXT_SEARCH = [
  ...['to_tsvector', 'json_to_tsvector', 'jsonb_to_tsvector', 'to_tsquery', 'plainto_tsquery', 'phraseto_tsquery'],
  ...['websearch_to_tsquery', 'ts_rank', 'ts_rank_cd', 'ts_headline', 'setweight', 'strip', 'numnode', 'querytree'],
  ...['tsquery_phrase', 'tsvector_to_array', 'array_to_tsvector', 'ts_delete', 'ts_filter'],
]
const NETWORKS = [
  ...['host', 'hostmask', 'network', 'netmask', 'masklen', 'set_masklen', 'family', 'broadcast', 'abbrev'],
  ...['inet_merge', 'inet_same_family'],
]

/** Functions that return sets, with the names of their columns in FROM; without a list, the one column is named by the alias. */
export const SET_FUNCTIONS: Readonly<Record<string, readonly string[] | undefined>> = {
  generate_series: undefined,
  generate_subscripts: undefined,
  unnest: undefined,
  string_to_table: undefined,
  regexp_matches: undefined,
  regexp_split_to_table: undefined,
  jsonb_path_query: undefined,
  jsonb_path_query_tz: undefined,
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

/** Functions that return records: their columns stand in the statement, `AS x(a int, b text)`. */
export const RECORD_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['json_to_record', 'jsonb_to_record', 'json_to_recordset', 'jsonb_to_recordset'],
])

/**
 * Functions of `pg_catalog` that a statement may call. Each computes on its arguments alone: none reads a file, a catalog, a
 * setting of its own or a table, runs SQL from text, sleeps, locks, notifies or writes. `random` alone is volatile.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...AGGREGATES,
  ...WINDOW,
  ...DATES,
  ...CASTS,
  ...TEXTS,
  ...NUMBERS,
  ...JSON_AND_ARRAYS,
  ...RANGES,
  ...TEXT_SEARCH,
  ...NETWORKS,
  ...RECORD_FUNCTIONS,
  ...Object.keys(SET_FUNCTIONS),
])

/** Whether a function can be called only over a group or a window of rows. */
export function needsRows(name: string): boolean {
  return AGGREGATES.includes(name) || WINDOW.includes(name)
}

/** Functions whose second argument says how much text to make: it must be a literal no greater than this. */
export const BOUNDED_FUNCTIONS: ReadonlySet<string> = new Set(['lpad', 'rpad', 'repeat'])
export const MAX_PADDING = 255
