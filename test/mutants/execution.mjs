const EXECUTION = 'packages/layers/4-execution/src'
const TESTS = 'packages/layers/4-execution/test'
const REWRITE = [`${TESTS}/rewrite.test.ts`]
const CELLS = [`${TESTS}/cells.test.ts`, ...REWRITE]
const CONDITION = [`${TESTS}/condition.test.ts`]
const ATTACKS = ['test/attacks/sql-attacks.test.ts']
const EVERYDAY = ['test/differential/realistic-queries.test.ts']
const CLIENT = ['packages/bindings/pg/test/guarded-client.test.ts']
const LABELS = ['packages/bindings/pg/test/labels.test.ts']

export const execution = [
  {
    id: 'no-fence',
    file: `${EXECUTION}/policy/barrier.ts`,
    find: "return { ...filtered, limitOffset: integer(0), limitOption: 'LIMIT_OPTION_COUNT' }",
    replace: "return { ...filtered, limitOption: 'LIMIT_OPTION_DEFAULT' }",
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'second-relation-unfiltered',
    file: `${EXECUTION}/create-rewriter.ts`,
    find: 'scopeRelation(table, askRead(call, table.entity), bind)',
    replace: `scopeRelation(
              table,
              relations.size > 0
                ? { ...askRead(call, table.entity), condition: { op: 'value', value: true } }
                : askRead(call, table.entity),
              bind,
            )`,
    suite: EVERYDAY,
  },
  {
    id: 'cte-sees-itself',
    file: `${EXECUTION}/resolve/resolve-select.ts`,
    find: '{ ...around, ctes: new Map(visible) })',
    replace: "{ ...around, ctes: new Map(visible).set(cte.ctename, [{ name: 'id', form: 'plain' }]) })",
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'cte-outlives-its-statement',
    file: `${EXECUTION}/resolve/resolve-select.ts`,
    find: '    own.add(cte.ctename)\n',
    replace: '    own.add(cte.ctename)\n    if (around.ctes instanceof Map) around.ctes.set(cte.ctename, columns)\n',
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'shape-not-checked',
    file: `${EXECUTION}/create-rewriter.ts`,
    find: "      checkShape('SelectStmt', select)\n",
    replace: '',
    suite: ATTACKS,
  },
  {
    id: 'parameters-not-counted',
    file: `${EXECUTION}/create-rewriter.ts`,
    find: '      checkParameters(select, parameters.length)\n',
    replace: '',
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'mask-lost-in-an-expression',
    file: `${EXECUTION}/resolve/resolve-expression.ts`,
    find: "if (resolveColumn(node.ColumnRef, place.scope).form !== 'plain') throw maskedExpression()",
    replace: 'resolveColumn(node.ColumnRef, place.scope)',
    suite: [...CELLS, ...ATTACKS],
  },
  {
    id: 'mask-lost-in-a-subquery',
    file: `${EXECUTION}/resolve/resolve-expression.ts`,
    find: "if (subLinkType !== 'EXISTS_SUBLINK' && columns.some(({ form }) => form !== 'plain')) throw maskedExpression()",
    replace: 'if (subLinkType === undefined && columns.length === 0) throw maskedExpression()',
    suite: [...CELLS, ...ATTACKS],
  },
  {
    id: 'mask-lost-in-a-union',
    file: `${EXECUTION}/resolve/resolve-select.ts`,
    find: "form: form === 'plain' && other ? other.form : form",
    replace: 'form: other ? form : form',
    suite: [...CELLS, ...ATTACKS],
  },
  {
    id: 'masked-cells-compared-by-distinct',
    file: `${EXECUTION}/resolve/resolve-select.ts`,
    find: 'if (clause.length > expressions.length) requirePlain(output)',
    replace: '',
    suite: [...CELLS, ...ATTACKS],
  },
  {
    id: 'masked-cells-ordered-by-position',
    file: `${EXECUTION}/resolve/resolve-references.ts`,
    find: '    requirePlain([column])\n',
    replace: '',
    suite: [...CELLS, ...ATTACKS],
  },
  {
    id: 'functions-not-listed',
    file: `${EXECUTION}/resolve/resolve-function.ts`,
    find: "=== 'pg_catalog') && FUNCTIONS.has(bare)) {",
    replace: "=== 'pg_catalog')) {",
    suite: ATTACKS,
  },
  {
    id: 'functions-without-their-schema',
    file: `${EXECUTION}/resolve/resolve-function.ts`,
    find: "call.funcname = [name('pg_catalog'), name(bare)]",
    replace: 'call.funcname = [name(bare)]',
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'padding-unbounded',
    file: `${EXECUTION}/resolve/resolve-function.ts`,
    find: 'if (BOUNDED_FUNCTIONS.has(bare)) checkBound(call)',
    replace: '',
    suite: ATTACKS,
  },
  {
    id: 'print-not-parsed-again',
    file: `${EXECUTION}/statement/print-select.ts`,
    find: "if (!isDeepStrictEqual(again, select)) throw new LockstepError('execution.print-differs')",
    replace: '',
    suite: REWRITE,
  },
  {
    id: 'only-forgotten',
    file: `${EXECUTION}/resolve/resolve-from.ts`,
    find: "if (!inh) throw new LockstepError('execution.statement-unsupported', '`ONLY` is not released')",
    replace: '',
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'children-of-a-table-left-out',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: 'relname: table.name, inh: true, relpersistence',
    replace: 'relname: table.name, relpersistence',
    suite: [...REWRITE, ...EVERYDAY],
  },
  {
    id: 'hidden-columns-leak-by-star',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: "if (!form || form.form === 'hidden') {",
    replace: 'if (!form) {',
    suite: EVERYDAY,
  },
  {
    id: 'rows-unfiltered',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: '    whereClause: translateCondition(row, table, bind),\n',
    replace: '',
    suite: EVERYDAY,
  },
  {
    id: 'partly-visible-taken-for-plain',
    file: `${EXECUTION}/policy/column-forms.ts`,
    find: "classes.set(field, isLiteral(plain, false) ? { form: 'hidden' } : { form: 'partial', plain })",
    replace: "classes.set(field, isLiteral(plain, false) ? { form: 'hidden' } : { form: 'plain' })",
    suite: CELLS,
  },
  {
    id: 'mask-shows-a-short-text',
    file: `${EXECUTION}/policy/mask.ts`,
    find: "operation(call('length', value), '>', integer(mask.keep))",
    replace: "operation(call('length', value), '>=', integer(mask.keep))",
    suite: CELLS,
  },
  {
    id: 'negation-lost-in-sql',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: 'return not(translate(expr.of))',
    replace: 'return translate(expr.of)',
    suite: CONDITION,
  },
  {
    id: 'less-becomes-less-or-equal-in-sql',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: "compare(operandOf(expr.left, table), '<', operandOf(expr.right, table), bind)",
    replace: "compare(operandOf(expr.left, table), '<=', operandOf(expr.right, table), bind)",
    suite: CONDITION,
  },
  {
    id: 'statement-too-long-parsed',
    file: `${EXECUTION}/statement/gate.ts`,
    find: 'if (text.length > MAX_STATEMENT_BYTES || Buffer',
    replace: 'if (text.length > 9 * MAX_STATEMENT_BYTES && Buffer',
    suite: [...REWRITE, ...ATTACKS],
  },
  {
    id: 'second-statement-ignored',
    file: `${EXECUTION}/statement/parse-select.ts`,
    find: 'if (statements.length !== 1 || !only)',
    replace: 'if (!only)',
    suite: REWRITE,
  },
  {
    id: 'closed-call-still-asks',
    file: `${EXECUTION}/guard/execution-guard.ts`,
    find: ': isOpen(work)))',
    replace: ': true))',
    suite: CLIENT,
  },
  {
    id: 'system-work-never-ends',
    file: `${EXECUTION}/guard/execution-guard.ts`,
    find: '? isRunning(work)',
    replace: '? true',
    suite: CLIENT,
  },
  {
    id: 'labels-not-raised',
    file: `${EXECUTION}/guard/execution-guard.ts`,
    find: '          await raiseFirst(rows, run)\n',
    replace: '',
    suite: LABELS,
  },
  {
    id: 'labels-of-a-failure-not-raised',
    file: `${EXECUTION}/labels/find-labels.ts`,
    find: '    if (found.has(label)) continue\n',
    replace: "    if (found.has(label) || answer === 'failed') continue\n",
    suite: LABELS,
  },
  {
    id: 'labels-only-when-shown',
    file: `${EXECUTION}/labels/find-labels.ts`,
    find: '? await askProbe(probe, run)',
    replace: '? false && (await askProbe(probe, run))',
    suite: LABELS,
  },
]
