const EXECUTION = 'packages/layers/4-execution/src'
const TESTS = 'packages/layers/4-execution/test'
const REWRITE = [`${TESTS}/rewrite.test.ts`]
const BARRIER = [`${TESTS}/barrier.test.ts`]
const CELLS = [`${TESTS}/cells.test.ts`]
const ATTACKS = ['test/attacks/sql-attacks.test.ts']
const FUZZED = ['test/attacks/sql-fuzz.test.ts']
const ORACLE = ['test/differential/native-row-security.test.ts']
const SECRETS = ['test/differential/noninterference.test.ts']

const SELECT = `${EXECUTION}/resolve/resolve-select.ts`
const FROM = `${EXECUTION}/resolve/resolve-from.ts`
const REFERENCES = `${EXECUTION}/resolve/resolve-references.ts`

/** Faults of the rewriter that the oracle, the worlds of secrets or the attacks must notice. */
export const rewrite = [
  {
    id: 'rewrite-no-fence',
    file: `${EXECUTION}/barrier/fence.ts`,
    find: "{ limitOffset: integer(0), limitOption: 'LIMIT_OPTION_COUNT' }",
    replace: "{ limitOption: integer && 'LIMIT_OPTION_DEFAULT' }",
    suite: SECRETS,
  },
  {
    id: 'rewrite-no-guard',
    file: `${EXECUTION}/barrier/guard.ts`,
    find: '  if (!first) return expression\n',
    replace: '  if (!first || otherwise !== names) return expression\n',
    suite: SECRETS,
  },
  {
    id: 'rewrite-guard-takes-outer-join-for-hidden',
    file: `${EXECUTION}/barrier/guard.ts`,
    find: "booltesttype: 'IS_NOT_FALSE'",
    replace: "booltesttype: 'IS_TRUE'",
    suite: ORACLE,
  },
  {
    id: 'rewrite-star-shows-the-guard',
    file: `${EXECUTION}/barrier/raise-barrier.ts`,
    find: '  for (const star of notes.stars) spellOutStar(star)\n',
    replace: '  void spellOutStar\n',
    suite: ORACLE,
  },
  {
    id: 'rewrite-copied-inside-an-outer-join',
    file: `${EXECUTION}/barrier/raise-barrier.ts`,
    find: 'if (use.isNullable || !scope.entries',
    replace: 'if (!scope.entries',
    suite: BARRIER,
  },
  {
    id: 'rewrite-rows-unfiltered',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: '    whereClause: visibleRow(row, table, bind),\n',
    replace: '    whereClause: visibleRow({ op: "value", value: true }, table, bind),\n',
    suite: ATTACKS,
  },
  {
    id: 'rewrite-negation-lost',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: 'return not(translate(expr.of, scope))',
    replace: 'return translate(expr.of, scope)',
    suite: ORACLE,
  },
  {
    id: 'rewrite-children-left-out',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: 'relname, inh: true, relpersistence',
    replace: 'relname, relpersistence',
    suite: ORACLE,
  },
  {
    id: 'rewrite-only-as-written',
    file: FROM,
    find: "if (!inh) throw new LockstepError('execution.statement-unsupported', '`ONLY` is not released')",
    replace: '',
    suite: REWRITE,
  },
  {
    id: 'rewrite-hidden-column-kept',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: "if (!form || form.form === 'hidden') {",
    replace: 'if (!form) {',
    suite: ORACLE,
  },
  {
    id: 'rewrite-mask-dropped',
    file: `${EXECUTION}/policy/column-forms.ts`,
    find: 'if (everyVisibleRow(plain)) classes.set',
    replace: 'if (everyVisibleRow(plain) || everyVisibleRow(masked)) classes.set',
    suite: ORACLE,
  },
  {
    id: 'rewrite-parameters-off-by-one',
    file: `${EXECUTION}/rewrite-statement.ts`,
    find: 'let numbered = parameters\n',
    replace: 'let numbered = parameters + 1\n',
    suite: REWRITE,
  },
  {
    id: 'rewrite-values-of-another-relation',
    file: `${EXECUTION}/rewrite-statement.ts`,
    find: '    numbered += made.scoped.values.length\n',
    replace: '',
    suite: ORACLE,
  },
  {
    id: 'rewrite-where-not-resolved',
    file: SELECT,
    find: '    resolveExpression(select.whereClause, inside)\n',
    replace: '',
    suite: ATTACKS,
  },
  {
    id: 'rewrite-having-not-resolved',
    file: SELECT,
    find: '    resolveExpression(select.havingClause, after)\n',
    replace: '',
    suite: [...CELLS, ...REWRITE],
  },
  {
    id: 'rewrite-windows-not-resolved',
    file: SELECT,
    find: '  for (const window of select.windowClause ?? []) resolveExpression(window, after)\n',
    replace: '',
    suite: [...CELLS, ...REWRITE],
  },
  {
    id: 'rewrite-order-not-resolved',
    file: SELECT,
    find: "  resolveReferences(select.sortClause ?? [], output, 'output-first', after)\n",
    replace: '',
    suite: ATTACKS,
  },
  {
    id: 'rewrite-groups-not-resolved',
    file: SELECT,
    find: "  resolveReferences(select.groupClause ?? [], output, 'column-first', after)\n",
    replace: '',
    suite: [...CELLS, ...REWRITE],
  },
  {
    id: 'rewrite-count-of-limit-not-resolved',
    file: SELECT,
    find: 'if (select.limitCount) resolveExpression(select.limitCount, place)',
    replace: '',
    suite: [...CELLS, ...REWRITE],
  },
  {
    id: 'rewrite-on-not-resolved',
    file: FROM,
    find: '    resolveExpression(join.quals, { scope, ctes: place.ctes, context: place.context })\n',
    replace: '',
    suite: REWRITE,
  },
  {
    id: 'rewrite-one-arm-of-a-set-skipped',
    file: SELECT,
    find: 'const right = resolveSelect(select.rarg, { ...place, ctes })',
    replace: 'const right = left',
    suite: ATTACKS,
  },
  {
    id: 'rewrite-cte-of-the-outside-wins',
    file: `${EXECUTION}/resolve/resolve-ctes.ts`,
    find: '  return visible\n}\n\nfunction resolveCte(',
    replace:
      '  for (const [name, columns] of around.ctes) visible.set(name, columns)\n  return visible\n}\n\nfunction resolveCte(',
    suite: REWRITE,
  },
  {
    id: 'rewrite-cte-hides-a-qualified-table',
    file: FROM,
    find: 'const cte = schema === undefined ? place.ctes.get(name) : undefined',
    replace: 'const cte = place.ctes.get(name)',
    suite: REWRITE,
  },
  {
    id: 'rewrite-lateral-sees-nothing-to-its-left',
    file: FROM,
    find: 'const outer = lateral ? { ...before, outer: place.scope } : place.scope',
    replace: 'const outer = place.scope',
    suite: ORACLE,
  },
  {
    id: 'rewrite-alias-list-off-by-one',
    file: `${EXECUTION}/resolve/renamed.ts`,
    find: 'const node = names[index]\n',
    replace: 'const node = names[index + 1]\n',
    suite: ORACLE,
  },
  {
    id: 'rewrite-alias-list-too-long',
    file: `${EXECUTION}/resolve/renamed.ts`,
    find: "  if (names.length > columns.length) throw new LockstepError('execution.column-unknown')\n",
    replace: '',
    suite: REWRITE,
  },
  {
    id: 'rewrite-natural-over-one-side',
    file: `${EXECUTION}/resolve/natural-join.ts`,
    find: '.filter((text) => onRight.has(text))',
    replace: '.slice(0, 1).filter((text) => onRight.has(text))',
    suite: REWRITE,
  },
  {
    id: 'rewrite-two-relations-of-one-name',
    file: `${EXECUTION}/resolve/scope.ts`,
    find: 'if (name !== undefined && left.entries.some((entry) => entry.name === name)) {',
    replace: 'if (name !== undefined && left.entries.length > 9) {',
    suite: REWRITE,
  },
  {
    id: 'rewrite-function-of-any-schema',
    file: `${EXECUTION}/resolve/resolve-function.ts`,
    find: "call.funcname = [name('pg_catalog'), name(bare)]",
    replace: 'call.funcname = [name(bare)]',
    suite: REWRITE,
  },
  {
    id: 'rewrite-casts-to-anything',
    file: `${EXECUTION}/grammar/check-shape.ts`,
    find: "if (!configured) throw new LockstepError('execution.type-unknown')\n    typeName.names = configured.map(nameNode)",
    replace: 'if (configured) typeName.names = configured.map(nameNode)',
    suite: ATTACKS,
  },
  {
    id: 'rewrite-print-not-compared',
    file: `${EXECUTION}/statement/print-statement.ts`,
    find: 'return sameTree(parseLocated(text), statement) ? text : undefined',
    replace: 'return sameTree(parseLocated(text), statement) || true ? text : undefined',
    suite: REWRITE,
  },
  {
    id: 'rewrite-names-of-ctes-unquoted',
    file: `${EXECUTION}/statement/careful-printer.ts`,
    find: "ctename: quoteName(node.ctename ?? '')",
    replace: 'ctename: node.ctename && quoteName && node.ctename',
    suite: REWRITE,
  },
  {
    id: 'rewrite-order-by-a-masked-position',
    file: REFERENCES,
    find: '    requirePlain([column])\n',
    replace: '',
    suite: REWRITE,
  },
  {
    id: 'rewrite-masked-cells-in-a-sub-query',
    file: `${EXECUTION}/resolve/resolve-expression.ts`,
    find: "if (subLinkType !== 'EXISTS_SUBLINK' && columns.some(({ form }) => form !== 'plain')) throw maskedExpression()",
    replace: '',
    suite: [...CELLS, ...REWRITE],
  },
  {
    id: 'rewrite-parser-used-after-it-failed',
    file: `${EXECUTION}/statement/gate.ts`,
    find: 'if (text.length > limit || Buffer',
    replace: 'if (text.length > 99 * limit && Buffer',
    suite: FUZZED,
  },
]
