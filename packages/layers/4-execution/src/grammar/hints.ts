/**
 * What to write instead of a form that is not released, by node kind or by node kind and key, in PostgreSQL's words and never
 * the statement's. Text of the grammar alone: a refusal quotes nothing.
 */
const HINTS: Readonly<Record<string, string>> = {
  'SelectStmt.lockingClause': 'rows are read, never locked: leave out FOR UPDATE and FOR SHARE',
  'SelectStmt.intoClause': 'nothing is stored: leave out INTO',
  'SQLValueFunction.op': 'who is asking is not told: dates and times are',
  'CommonTableExpr.ctequery': 'WITH can only hold SELECT, VALUES, TABLE, INSERT, UPDATE and DELETE',
  'A_Indirection.indirection': 'name a column as `relation.column`: fields of an expression are not released',
  'SortBy.sortby_dir': 'use ASC or DESC instead of USING',
  'SortBy.useOp': 'use ASC or DESC instead of USING',
  'CollateClause.collname': 'use COLLATE "C", or leave it out',
  'TypeName.pct_type': 'write the type itself instead of %TYPE',
  'TypeName.setof': 'SETOF is no type of a value',
  'JoinExpr.jointype': 'use INNER, LEFT, RIGHT, FULL or CROSS JOIN',
  'FuncCall.funcformat': 'write the call as `function(argument)`',
  'JsonFormat.format_type': 'leave out FORMAT JSON',
  'JsonFormat.encoding': 'leave out ENCODING',
  RangeTableSample: 'read the table itself, with ORDER BY random() LIMIT if some rows are enough',
  RangeTableFunc: 'XMLTABLE is not released: JSON functions are',
  JsonTable: 'use jsonb_to_recordset() or jsonb_path_query() instead of JSON_TABLE',
  JsonFuncExpr:
    'use jsonb_path_query_first(), jsonb_path_exists() or ->> instead of JSON_VALUE, JSON_QUERY and JSON_EXISTS',
  JsonArrayQueryConstructor: 'use jsonb_agg() in a sub-query instead of JSON_ARRAY(SELECT ...)',
  XmlExpr: 'XML is not released: JSON functions are',
  XmlSerialize: 'XML is not released: JSON functions are',
  CurrentOfExpr: 'name the rows by their key instead of a cursor',
  'InsertStmt.override': 'leave the column out instead of OVERRIDING: its value is generated',
  'InferClause.conname': 'name the columns of the constraint instead of the constraint',
  'InferClause.whereClause': 'a partial index is not released here: name the columns of a whole one',
  'IndexElem.expr': 'name the columns of the index',
  'ReturningClause.options': 'the row is returned as it became: leave out WITH (OLD AS ..., NEW AS ...)',
  'ResTarget.indirection': 'set a column as a whole',
  MergeStmt: 'use INSERT ... ON CONFLICT, UPDATE and DELETE instead of MERGE',
  ExplainStmt: 'send the SELECT itself; `lockstep sql` explains how it is rewritten',
  VariableShowStmt: 'settings are not told',
  VariableSetStmt: 'settings belong to the server: use AT TIME ZONE, to_char() and the like',
  CopyStmt: 'select the rows instead of COPY',
  CallStmt: 'select from what is released instead of CALL',
  DoStmt: 'send one statement of the work instead of DO',
  TransactionStmt: 'use the transaction methods of the client',
  PrepareStmt: 'send the SELECT itself, with its parameters',
  ExecuteStmt: 'send the SELECT itself, with its parameters',
  DeclareCursorStmt: 'use LIMIT and OFFSET, or the streaming of the client',
  FetchStmt: 'use LIMIT and OFFSET, or the streaming of the client',
  CreateTableAsStmt: 'use WITH instead of a temporary table',
  CreateStmt: 'use WITH instead of a temporary table',
  ViewStmt: 'use WITH instead of a view',
}

/** The detail of a refusal: which form, and what to write instead where something is known. */
export function notReleased(place: string): string {
  const [kind = ''] = place.split('.')
  const hint = hintOf(place) ?? hintOf(kind)
  return hint === undefined ? `\`${place}\` is not released` : `\`${place}\` is not released: ${hint}`
}

function hintOf(place: string): string | undefined {
  return Object.hasOwn(HINTS, place) ? HINTS[place] : undefined
}

/** Functions of other databases and dialects, and those of PostgreSQL that are asked for in vain, with what serves. */
const INSTEAD: Readonly<Record<string, string>> = {
  clock_timestamp: 'now()',
  timeofday: 'now()',
  getdate: 'now()',
  sysdate: 'now()',
  curdate: 'CURRENT_DATE',
  ifnull: 'COALESCE',
  isnull: 'COALESCE or IS NULL',
  nvl: 'COALESCE',
  iif: 'CASE',
  if: 'CASE',
  datediff: 'a subtraction of dates',
  dateadd: '+ INTERVAL',
  date_format: 'to_char()',
  strftime: 'to_char()',
  str_to_date: 'to_date()',
  datetime: 'a cast to timestamp',
  year: 'EXTRACT(YEAR FROM ...)',
  month: 'EXTRACT(MONTH FROM ...)',
  day: 'EXTRACT(DAY FROM ...)',
  group_concat: 'string_agg()',
  listagg: 'string_agg()',
  len: 'length()',
  charindex: 'POSITION(... IN ...)',
  instr: 'POSITION(... IN ...)',
  locate: 'POSITION(... IN ...)',
  array_fill: 'ARRAY[...]',
  factorial: 'a table of VALUES',
  ts_rewrite: '&&, || and !! on tsquery',
  ts_debug: 'to_tsvector()',
  pg_typeof: 'the types of the catalog of tables',
  gen_random_uuid: 'a parameter',
  uuid_generate_v4: 'a parameter',
  date_diff: 'a subtraction of dates',
  median: 'percentile_cont(0.5) WITHIN GROUP (ORDER BY ...)',
  json_extract: '-> and ->>',
  regexp_contains: '~',
  safe_divide: '/ NULLIF(..., 0)',
  countif: 'count(*) FILTER (WHERE ...)',
}

/** What to use instead of a function that is not released, by its bare name; `undefined` where nothing is known. */
export function insteadOf(name: string): string | undefined {
  return Object.hasOwn(INSTEAD, name) ? `\`${name}\` is not released: use ${INSTEAD[name]}` : undefined
}
