/**
 * What one key of a node may hold:
 * - `node`, `nodes`: one node, a list of nodes; `maybe-nodes`: a list that may have empty places;
 * - `flag`, `text`, `number`: a scalar;
 * - `operator`, `collation`, `type`: a name that must be on its own allow-list;
 * - `{ of }`: an object of the named kind without its wrapper;
 * - `{ listOf }`: a list of nodes of the named kind alone;
 * - `{ only }`: one of these texts, numbers or booleans.
 */
export type Shape =
  | 'node'
  | 'nodes'
  | 'maybe-nodes'
  | 'flag'
  | 'text'
  | 'number'
  | 'operator'
  | 'collation'
  | 'constant'
  | { readonly of: string }
  | { readonly listOf: string }
  | { readonly only: readonly (string | number | boolean)[] }

const only = (...values: (string | number | boolean)[]): Shape => ({ only: values })
const of = (kind: string): Shape => ({ of: kind })
const listOf = (kind: string): Shape => ({ listOf: kind })

/** SQL/JSON constructors and tests, PostgreSQL 16 and later. Each makes a JSON value of its arguments alone. */
const JSON_SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  JsonObjectConstructor: {
    exprs: listOf('JsonKeyValue'),
    output: of('JsonOutput'),
    absent_on_null: 'flag',
    unique: 'flag',
  },
  JsonArrayConstructor: { exprs: listOf('JsonValueExpr'), output: of('JsonOutput'), absent_on_null: 'flag' },
  JsonKeyValue: { key: 'node', value: of('JsonValueExpr') },
  JsonValueExpr: { raw_expr: 'node', format: of('JsonFormat') },
  JsonFormat: {
    format_type: only('JS_FORMAT_DEFAULT', 'JS_FORMAT_JSON'),
    encoding: only('JS_ENC_DEFAULT'),
  },
  JsonOutput: { typeName: of('TypeName'), returning: of('JsonReturning') },
  JsonReturning: { format: of('JsonFormat') },
  JsonAggConstructor: {
    output: of('JsonOutput'),
    agg_filter: 'node',
    agg_order: 'nodes',
    over: of('WindowDef'),
  },
  JsonObjectAgg: {
    constructor: of('JsonAggConstructor'),
    arg: of('JsonKeyValue'),
    absent_on_null: 'flag',
    unique: 'flag',
  },
  JsonArrayAgg: { constructor: of('JsonAggConstructor'), arg: of('JsonValueExpr'), absent_on_null: 'flag' },
  JsonParseExpr: { expr: of('JsonValueExpr'), output: of('JsonOutput'), unique_keys: 'flag' },
  JsonScalarExpr: { expr: 'node', output: of('JsonOutput') },
  JsonSerializeExpr: { expr: of('JsonValueExpr'), output: of('JsonOutput') },
  JsonIsPredicate: {
    expr: 'node',
    format: of('JsonFormat'),
    item_type: only('JS_TYPE_ANY', 'JS_TYPE_OBJECT', 'JS_TYPE_ARRAY', 'JS_TYPE_SCALAR'),
    unique_keys: 'flag',
  },
}

/** What writes. PostgreSQL takes data-modifying statements at the top and in the WITH of the top alone. */
const WRITE_SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  InsertStmt: {
    relation: of('RangeVar'),
    cols: listOf('ResTarget'),
    selectStmt: 'node',
    onConflictClause: of('OnConflictClause'),
    returningClause: of('ReturningClause'),
    withClause: of('WithClause'),
    override: only('OVERRIDING_NOT_SET'),
  },
  UpdateStmt: {
    relation: of('RangeVar'),
    targetList: listOf('ResTarget'),
    whereClause: 'node',
    fromClause: 'nodes',
    returningClause: of('ReturningClause'),
    withClause: of('WithClause'),
  },
  DeleteStmt: {
    relation: of('RangeVar'),
    usingClause: 'nodes',
    whereClause: 'node',
    returningClause: of('ReturningClause'),
    withClause: of('WithClause'),
  },
  OnConflictClause: {
    action: only('ONCONFLICT_NOTHING', 'ONCONFLICT_UPDATE'),
    infer: of('InferClause'),
    targetList: listOf('ResTarget'),
    whereClause: 'node',
  },
  InferClause: { indexElems: listOf('IndexElem') },
  IndexElem: { name: 'text', ordering: only('SORTBY_DEFAULT'), nulls_ordering: only('SORTBY_NULLS_DEFAULT') },
  // its options name the old and the new row
  ReturningClause: { exprs: listOf('ResTarget') },
  MultiAssignRef: { source: 'node', colno: 'number', ncolumns: 'number' },
  SetToDefault: {},
}

/**
 * Every node kind that a statement may hold, and every key of it (PostgreSQL 18 grammar, locations removed). A kind or key
 * that is not named here is refused: this table, not a list of dangers, is what a new PostgreSQL version must be added to.
 */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  SelectStmt: {
    distinctClause: 'maybe-nodes',
    targetList: 'nodes',
    fromClause: 'nodes',
    whereClause: 'node',
    groupClause: 'nodes',
    groupDistinct: 'flag',
    havingClause: 'node',
    windowClause: 'nodes',
    valuesLists: 'nodes',
    sortClause: 'nodes',
    limitOffset: 'node',
    limitCount: 'node',
    limitOption: only('LIMIT_OPTION_DEFAULT', 'LIMIT_OPTION_COUNT', 'LIMIT_OPTION_WITH_TIES'),
    withClause: of('WithClause'),
    op: only('SETOP_NONE', 'SETOP_UNION', 'SETOP_INTERSECT', 'SETOP_EXCEPT'),
    all: 'flag',
    larg: of('SelectStmt'),
    rarg: of('SelectStmt'),
  },
  WithClause: { ctes: 'nodes', recursive: 'flag' },
  CommonTableExpr: {
    ctename: 'text',
    aliascolnames: 'nodes',
    ctematerialized: only('CTEMaterializeDefault', 'CTEMaterializeAlways', 'CTEMaterializeNever'),
    ctequery: 'node',
    search_clause: of('CTESearchClause'),
    cycle_clause: of('CTECycleClause'),
  },
  CTESearchClause: { search_col_list: 'nodes', search_breadth_first: 'flag', search_seq_column: 'text' },
  CTECycleClause: {
    cycle_col_list: 'nodes',
    cycle_mark_column: 'text',
    cycle_mark_value: 'node',
    cycle_mark_default: 'node',
    cycle_path_column: 'text',
  },
  ResTarget: { name: 'text', val: 'node' },
  RangeVar: {
    schemaname: 'text',
    relname: 'text',
    // absent for `FROM ONLY`, which resolveFrom refuses
    inh: only(true),
    relpersistence: only('p'),
    alias: of('Alias'),
  },
  RangeSubselect: { lateral: 'flag', subquery: 'node', alias: of('Alias') },
  RangeFunction: {
    lateral: 'flag',
    ordinality: 'flag',
    is_rowsfrom: 'flag',
    functions: listOf('List'),
    coldeflist: listOf('ColumnDef'),
    alias: of('Alias'),
  },
  ColumnDef: { colname: 'text', typeName: of('TypeName'), is_local: only(true) },
  JoinExpr: {
    jointype: only('JOIN_INNER', 'JOIN_LEFT', 'JOIN_FULL', 'JOIN_RIGHT'),
    larg: 'node',
    rarg: 'node',
    isNatural: 'flag',
    usingClause: 'nodes',
    join_using_alias: of('Alias'),
    quals: 'node',
    alias: of('Alias'),
  },
  Alias: { aliasname: 'text', colnames: 'nodes' },
  ColumnRef: { fields: 'nodes' },
  A_Star: {},
  String: { sval: 'text' },
  ParamRef: { number: 'number' },
  A_Const: {
    ival: 'constant',
    fval: 'constant',
    boolval: 'constant',
    sval: 'constant',
    bsval: 'constant',
    isnull: 'flag',
  },
  A_Expr: {
    kind: only(
      'AEXPR_OP',
      'AEXPR_OP_ANY',
      'AEXPR_OP_ALL',
      'AEXPR_DISTINCT',
      'AEXPR_NOT_DISTINCT',
      'AEXPR_NULLIF',
      'AEXPR_IN',
      'AEXPR_LIKE',
      'AEXPR_ILIKE',
      'AEXPR_SIMILAR',
      'AEXPR_BETWEEN',
      'AEXPR_NOT_BETWEEN',
      'AEXPR_BETWEEN_SYM',
      'AEXPR_NOT_BETWEEN_SYM',
    ),
    name: 'operator',
    lexpr: 'node',
    rexpr: 'node',
  },
  BoolExpr: { boolop: only('AND_EXPR', 'OR_EXPR', 'NOT_EXPR'), args: 'nodes' },
  NullTest: { arg: 'node', nulltesttype: only('IS_NULL', 'IS_NOT_NULL') },
  BooleanTest: {
    arg: 'node',
    booltesttype: only('IS_TRUE', 'IS_NOT_TRUE', 'IS_FALSE', 'IS_NOT_FALSE', 'IS_UNKNOWN', 'IS_NOT_UNKNOWN'),
  },
  CaseExpr: { arg: 'node', args: 'nodes', defresult: 'node' },
  CaseWhen: { expr: 'node', result: 'node' },
  CoalesceExpr: { args: 'nodes' },
  MinMaxExpr: { op: only('IS_GREATEST', 'IS_LEAST'), args: 'nodes' },
  // who is asking, and where, is not told
  SQLValueFunction: {
    op: only(
      'SVFOP_CURRENT_DATE',
      'SVFOP_CURRENT_TIME',
      'SVFOP_CURRENT_TIME_N',
      'SVFOP_CURRENT_TIMESTAMP',
      'SVFOP_CURRENT_TIMESTAMP_N',
      'SVFOP_LOCALTIME',
      'SVFOP_LOCALTIME_N',
      'SVFOP_LOCALTIMESTAMP',
      'SVFOP_LOCALTIMESTAMP_N',
    ),
    typmod: 'number',
  },
  FuncCall: {
    funcname: 'nodes',
    args: 'nodes',
    agg_order: 'nodes',
    agg_filter: 'node',
    over: of('WindowDef'),
    agg_within_group: 'flag',
    agg_star: 'flag',
    agg_distinct: 'flag',
    func_variadic: 'flag',
    funcformat: only('COERCE_EXPLICIT_CALL', 'COERCE_SQL_SYNTAX'),
  },
  NamedArgExpr: { name: 'text', arg: 'node', argnumber: only(-1) },
  WindowDef: {
    name: 'text',
    refname: 'text',
    partitionClause: 'nodes',
    orderClause: 'nodes',
    frameOptions: 'number',
    startOffset: 'node',
    endOffset: 'node',
  },
  SortBy: {
    node: 'node',
    sortby_dir: only('SORTBY_DEFAULT', 'SORTBY_ASC', 'SORTBY_DESC'),
    sortby_nulls: only('SORTBY_NULLS_DEFAULT', 'SORTBY_NULLS_FIRST', 'SORTBY_NULLS_LAST'),
  },
  GroupingSet: {
    kind: only(
      'GROUPING_SET_EMPTY',
      'GROUPING_SET_SIMPLE',
      'GROUPING_SET_ROLLUP',
      'GROUPING_SET_CUBE',
      'GROUPING_SET_SETS',
    ),
    content: 'nodes',
  },
  GroupingFunc: { args: 'nodes' },
  SubLink: {
    subLinkType: only('EXISTS_SUBLINK', 'ALL_SUBLINK', 'ANY_SUBLINK', 'EXPR_SUBLINK', 'ARRAY_SUBLINK'),
    testexpr: 'node',
    operName: 'operator',
    subselect: 'node',
  },
  TypeCast: { arg: 'node', typeName: of('TypeName') },
  TypeName: { names: 'nodes', typmods: 'nodes', typemod: only(-1), arrayBounds: 'nodes' },
  Integer: { ival: 'number' },
  CollateClause: { arg: 'node', collname: 'collation' },
  List: { items: 'maybe-nodes' },
  RowExpr: { args: 'nodes', row_format: only('COERCE_IMPLICIT_CAST', 'COERCE_EXPLICIT_CALL') },
  A_ArrayExpr: { elements: 'nodes' },
  // `(x).name` would call a function of that name, any function, when `x` has no such field
  A_Indirection: { arg: 'node', indirection: listOf('A_Indices') },
  A_Indices: { is_slice: 'flag', lidx: 'node', uidx: 'node' },
  ...JSON_SHAPES,
  ...WRITE_SHAPES,
}
