const EXECUTION = 'packages/layers/4-execution/src'
const TESTS = 'packages/layers/4-execution/test'
const REWRITE = [`${TESTS}/rewrite.test.ts`]
const CELLS = [`${TESTS}/cells.test.ts`, ...REWRITE]
const CONDITION = [`${TESTS}/condition.test.ts`]
const EVERYDAY = ['test/differential/realistic-queries.test.ts']
const POLICY_CELLS = ['test/differential/policy-cells.test.ts']
const MASKS = ['test/differential/masks.test.ts']
const CACHE = [`${TESTS}/remembered-statements.test.ts`]

const HIDDEN = [`${TESTS}/hidden-columns.test.ts`]

/** Faults of what becomes of a policy in SQL, and of what is remembered of it. */
export const predicates = [
  {
    id: 'withheld-in-a-star',
    file: `${EXECUTION}/barrier/raise-barrier.ts`,
    find: ' || (use && use.named.size > 0)',
    replace: '',
    suite: HIDDEN,
  },
  {
    id: 'withheld-in-a-whole-row',
    file: `${EXECUTION}/resolve/whole-row.ts`,
    find: 'if (use.named.size > 0) throw notWhole()',
    replace: '',
    suite: HIDDEN,
  },
  {
    id: 'withheld-shows-the-cell',
    file: `${EXECUTION}/resolve/name-withheld.ts`,
    find: 'val: cast(nothing(), found.type)',
    replace: 'val: { ColumnRef: { fields: [{ String: { sval: use.table } }, { String: { sval: name } }] } }',
    suite: HIDDEN,
  },
  {
    id: 'withheld-not-in-the-shape',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: 'JSON.stringify([table.id, select, columns, withheld])',
    replace: 'JSON.stringify([table.id, columns.length === 0])',
    suite: HIDDEN,
  },
  {
    id: 'remembered-for-any-shape',
    file: `${EXECUTION}/cache/follow-statement.ts`,
    find: 'step.next.get(scopeOf(step.table, step.access).shape)',
    replace: '(scopeOf(step.table, step.access), [...step.next.values()][0])',
    suite: CACHE,
  },
  {
    id: 'remembered-for-any-parameters',
    file: `${EXECUTION}/cache/statement-memory.ts`,
    find: '(known.parameters ?? parameters) === parameters',
    replace: 'known.first !== undefined',
    suite: CACHE,
  },
  {
    id: 'values-of-the-first-caller',
    file: `${EXECUTION}/policy/relation-scopes.ts`,
    find: 'readable(decision, table, ()',
    replace: 'readable(table as never, table, ()',
    suite: CACHE,
  },
  {
    id: 'shape-without-columns',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: 'JSON.stringify([table.id, select, columns, withheld])',
    replace: 'JSON.stringify([table.id, select.fromClause])',
    suite: CACHE,
  },
  {
    id: 'bound-for-a-decision-that-changed',
    file: `${EXECUTION}/cache/bound-plans.ts`,
    find: 'return isAsBefore ? plan : undefined',
    replace: 'return plan',
    suite: CACHE,
  },
  {
    id: 'bound-for-another-caller',
    file: `${EXECUTION}/cache/bound-plans.ts`,
    find: 'byCall.get(call)?.get(known)',
    replace: '[...(byCall.get(call) ?? [])][0]?.[1]',
    suite: CACHE,
  },
  {
    id: 'fault-of-the-policy-remembered',
    file: `${EXECUTION}/create-rewriter.ts`,
    find: 'if (!asking && isLockstepError(error)',
    replace: 'if (isLockstepError(error)',
    suite: CACHE,
  },
  {
    id: 'refusals-drive-out-statements',
    file: `${EXECUTION}/cache/statement-memory.ts`,
    find: "const memory = before || 'plan' in end ? accepted : refused",
    replace: 'const memory = accepted',
    suite: CACHE,
  },
  {
    id: 'bytes-not-counted',
    file: 'packages/core/src/bounded-memory.ts',
    find: ' || held + bytes > mostBytes',
    replace: '',
    suite: CACHE,
  },
  {
    id: 'children-of-a-table-left-out',
    file: `${EXECUTION}/policy/scope-relation.ts`,
    find: 'relname, inh: true, relpersistence',
    replace: 'relname, relpersistence',
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
    find: '    whereClause: visibleRow(row, table, bind),\n',
    replace: '',
    suite: EVERYDAY,
  },
  {
    id: 'partly-visible-taken-for-plain',
    file: `${EXECUTION}/policy/column-forms.ts`,
    find: "classes.set(field, { form: 'partial', plain })",
    replace: "classes.set(field, { form: 'plain' })",
    suite: CELLS,
  },
  {
    id: 'mask-shows-a-short-text',
    file: `${EXECUTION}/policy/mask.ts`,
    find: "operation(call('length', value), '>', integer(keep))",
    replace: "operation(call('length', value), '>=', integer(keep))",
    suite: MASKS,
  },
  {
    id: 'negation-lost-in-sql',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: 'return not(translate(expr.of, scope))',
    replace: 'return translate(expr.of, scope)',
    suite: CONDITION,
  },
  {
    id: 'less-becomes-less-or-equal-in-sql',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: "return compare(expr.left, '<', expr.right, scope)",
    replace: "return compare(expr.left, '<=', expr.right, scope)",
    suite: CONDITION,
  },
  {
    id: 'literal-cut-to-the-column',
    file: `${EXECUTION}/policy/catalog.ts`,
    find: "return bare === 'character varying' && !isArray ? 'text' : bare",
    replace: 'return isArray ? bare : type',
    suite: POLICY_CELLS,
  },
  {
    id: 'optional-attribute-always-there',
    file: `${EXECUTION}/policy/translate-condition.ts`,
    find: "return { NullTest: { arg: column(place.qualifier, name), nulltesttype: 'IS_NOT_NULL' } }",
    replace: "return truth(name !== '')",
    suite: POLICY_CELLS,
  },
  {
    id: 'members-of-every-row',
    file: `${EXECUTION}/policy/policy-look.ts`,
    find: "operation(column(alias, cell), '=', value))",
    replace: "operation(column(alias, cell), '=', column(alias, cell)))",
    suite: POLICY_CELLS,
  },
  {
    id: 'hierarchy-of-one-level',
    file: `${EXECUTION}/policy/in-hierarchy.ts`,
    find: 'const isIn = climb(parent, among, undefined, scope, level + 1)',
    replace: 'const isIn = contains(among, parent, scope)',
    suite: POLICY_CELLS,
  },
  {
    id: 'half-of-a-set-equality',
    file: `${EXECUTION}/policy/set-conditions.ts`,
    find: "return combine('AND_EXPR', containsAll(one, other, scope), containsAll(other, one, scope))",
    replace: 'return containsAll(one, other, scope)',
    suite: POLICY_CELLS,
  },
  {
    id: 'member-that-no-cell-holds-dropped',
    file: `${EXECUTION}/policy/set-conditions.ts`,
    find: 'if (!everyStored(array.kind, inner)) return ifFound(outer, truth(false))',
    replace:
      "if (!everyStored(array.kind, inner)) return ifFound(outer, arrays(array.node, '@>', boundArray(array, inner, scope)))",
    suite: POLICY_CELLS,
  },
  {
    id: 'inexact-policy-loads',
    file: `${EXECUTION}/policy/admit-read-policies.ts`,
    find: 'for (const holds of [whenTrue(open), whenFalse(open)]) translateCondition(holds, table, () => parameter(1))',
    replace: 'if (table.columns.length === 0) translateCondition(whenTrue(whenFalse(open)), table, () => parameter(1))',
    suite: POLICY_CELLS,
  },
  {
    id: 'hierarchy-that-nobody-tells',
    file: `${EXECUTION}/policy/admit-read-policies.ts`,
    find: 'requireHierarchies(open, table, declared)\n          for',
    replace: 'for',
    suite: POLICY_CELLS,
  },
  {
    id: 'hash-without-its-domain',
    file: `${EXECUTION}/policy/mask-hash.ts`,
    find: "operation(text(`${domain}\\n`), '||', cast(cell, TEXT))",
    replace: "operation(text(domain.slice(0, 0)), '||', cast(cell, TEXT))",
    suite: MASKS,
  },
  {
    id: 'hash-under-a-short-key',
    file: `${EXECUTION}/policy/mask.ts`,
    find: 'Buffer.byteLength(key) >= LEAST_KEY',
    replace: 'Buffer.byteLength(key) >= LEAST_KEY - 1',
    suite: MASKS,
  },
  {
    id: 'mask-calls-any-function',
    file: `${EXECUTION}/policy/mask-template.ts`,
    find: "FUNCTIONS.has(nameOf(value, 'funcname') ?? '') &&",
    replace: "nameOf(value, 'funcname') !== '' &&",
    suite: MASKS,
  },
]
