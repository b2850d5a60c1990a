const RESIDUAL = 'packages/core/src/residual'
const EXTENSION = `${RESIDUAL}/extension`
const POLICY = 'packages/engines/policy/src'
const TEST = 'packages/engines/policy/test'
/** Every rule of the evaluator, against cedar-wasm: seconds. The cells of `oracle.test.ts` find them too, in minutes. */
const CASES = [`${TEST}/cedar-cases.test.ts`]
const BOUNDS = ['packages/core/test/merge-bounds.test.ts']
const MISFITS = [`${TEST}/fit-question.test.ts`]
const SLICES = [`${TEST}/slices.test.ts`]
const VALUES = ['packages/core/test/evaluate.test.ts']
/** Where a fault makes policies seem dead, the suites over slices do not even load. */
const LOADING = [`${TEST}/load-policies.test.ts`]
const COUNTEREXAMPLES = [`${TEST}/counterexamples.test.ts`]

const fault = (id, file, find, replace, suite = CASES) => ({ id: `evaluator-${id}`, file, find, replace, suite })

/** One fault for each rule of the policy evaluator. */
export const evaluator = [
  // Short circuits and conditions.
  fault(
    'and-evaluates-both',
    `${RESIDUAL}/compile.ts`,
    'truth(left(bindings, known)) && truth(right(bindings, known))',
    'truth(right(bindings, known)) && truth(left(bindings, known))',
  ),
  fault(
    'or-evaluates-both',
    `${RESIDUAL}/compile.ts`,
    'truth(left(bindings, known)) || truth(right(bindings, known))',
    'truth(right(bindings, known)) || truth(left(bindings, known))',
  ),
  fault('not-is-lost', `${RESIDUAL}/compile.ts`, '!truth(of(bindings, known))', 'truth(of(bindings, known))'),
  fault(
    'if-takes-the-other',
    `${RESIDUAL}/compile.ts`,
    '? then(bindings, known) : otherwise(bindings, known)',
    '? otherwise(bindings, known) : then(bindings, known)',
  ),
  fault(
    'truth-of-anything',
    `${RESIDUAL}/compile.ts`,
    "typeof value === 'boolean' ? value : fail('a condition is not a boolean')",
    'Boolean(value)',
  ),
  fault(
    'is-any-type',
    `${RESIDUAL}/compile.ts`,
    'typeOf(of(bindings, known)) === type',
    'typeOf(of(bindings, known)) !== null',
  ),
  // Operators.
  fault(
    'less-is-less-or-equal',
    `${RESIDUAL}/apply-operator.ts`,
    '? left < right : isBefore(left, right)',
    '? left <= right : isBefore(left, right)',
  ),
  fault(
    'less-or-equal-is-less',
    `${RESIDUAL}/apply-operator.ts`,
    '? left <= right : opposite(isBefore(right, left))',
    '? left < right : opposite(isBefore(right, left))',
  ),
  fault(
    'times-in-the-other-order',
    `${RESIDUAL}/apply-operator.ts`,
    'opposite(isBefore(right, left))',
    'opposite(isBefore(left, right))',
  ),
  fault(
    'overflow-wraps',
    `${RESIDUAL}/apply-operator.ts`,
    '|| !Number.isSafeInteger(result)) return undefined',
    ') return undefined',
  ),
  fault(
    'subtract-is-add',
    `${RESIDUAL}/apply-operator.ts`,
    '? left - right : left * right',
    '? left + right : left * right',
  ),
  fault(
    'contains-all-is-any',
    `${RESIDUAL}/apply-operator.ts`,
    '? covers(left.set, right.set) : undefined',
    '? overlaps(left.set, right.set) : undefined',
  ),
  fault(
    'contains-any-is-all',
    `${RESIDUAL}/apply-operator.ts`,
    '? overlaps(left.set, right.set) : undefined',
    '? covers(left.set, right.set) : undefined',
  ),
  fault(
    'in-stops-at-the-first',
    `${RESIDUAL}/apply-operator.ts`,
    'if (inside) found = true',
    'if (inside) return true',
  ),
  fault('in-follows-one-parent', `${RESIDUAL}/known.ts`, '    queue.push(...parents)\n', ''),
  fault(
    'in-is-not-reflexive',
    `${RESIDUAL}/known.ts`,
    'if (sameEntity(inner, outer)) return true',
    'if (sameEntity(inner, outer)) return false',
  ),
  fault(
    'tags-inherited',
    `${RESIDUAL}/known.ts`,
    'return tags && Object.hasOwn(tags, tag)\n',
    'return tags && tag in tags\n',
  ),
  fault('like-without-a-start', `${RESIDUAL}/apply-operator.ts`, '|| !value.startsWith(first)', ''),
  fault('like-pieces-overlap', `${RESIDUAL}/apply-operator.ts`, 'value.length < first.length + last.length || ', ''),
  fault(
    'sets-compare-one-way',
    `${RESIDUAL}/same-value.ts`,
    'covers(a.set, b.set) && covers(b.set, a.set)',
    'covers(a.set, b.set)',
  ),
  fault(
    'records-compare-one-way',
    `${RESIDUAL}/same-value.ts`,
    'names.length === Object.keys(b.record).length &&',
    'true &&',
  ),
  // Extension types.
  fault('texts-instead-of-values', `${EXTENSION}/apply-extension.ts`, 'meaningOf(a) === meaningOf(b)', 'false'),
  fault('address-without-its-prefix', `${EXTENSION}/apply-extension.ts`, '{ip.prefix}', '{0}', [...CASES, ...VALUES]),
  fault(
    'literals-of-any-length',
    `${EXTENSION}/apply-extension.ts`,
    'if (text.length > MOST_CHARACTERS) return false',
    '',
    VALUES,
  ),
  fault('nested-sets-keep-their-order', `${RESIDUAL}/same-value.ts`, '.map(textOf))].sort()', '.map(textOf))]', VALUES),
  fault(
    'nested-sets-count-repetition',
    `${RESIDUAL}/same-value.ts`,
    '[...new Set(value.set.map(textOf))]',
    'value.set.map(textOf)',
    VALUES,
  ),
  fault(
    'texts-and-numbers-mix',
    `${RESIDUAL}/same-value.ts`,
    'JSON.stringify(value) : String(value)',
    'value : String(value)',
    VALUES,
  ),
  fault('decimal-loses-its-sign', `${EXTENSION}/parse-decimal.ts`, "sign === '-' ? -size : size", 'size'),
  fault('decimal-fraction-unpadded', `${EXTENSION}/parse-decimal.ts`, "fraction.padEnd(4, '0')", 'fraction'),
  fault(
    'decimal-unbounded',
    `${EXTENSION}/parse-decimal.ts`,
    'value >= -LIMIT && value < LIMIT ? value : undefined',
    'value',
  ),
  fault(
    'duration-sign-of-one-unit',
    `${EXTENSION}/parse-duration.ts`,
    "within(sign === '-' ? -size : size)",
    'within(size)',
  ),
  fault(
    'duration-unbounded',
    `${EXTENSION}/parse-duration.ts`,
    'milliseconds >= -LIMIT && milliseconds < LIMIT ? milliseconds : undefined',
    'milliseconds',
  ),
  fault(
    'duration-of-nothing',
    `${EXTENSION}/parse-duration.ts`,
    'if (amounts.every((amount) => amount === undefined)) return undefined\n',
    '',
  ),
  fault('datetime-offset-the-other-way', `${EXTENSION}/parse-datetime.ts`, 'clock - offset', 'clock + offset'),
  fault(
    'datetime-rolls-over',
    `${EXTENSION}/parse-datetime.ts`,
    'if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined\n',
    '',
  ),
  fault(
    'datetime-year-99',
    `${EXTENSION}/parse-datetime.ts`,
    'date.setUTCFullYear(year, month - 1, day)',
    'date.setTime(Date.UTC(year, month - 1, day))',
  ),
  fault('time-of-day-before-1970', `${EXTENSION}/apply-extension.ts`, '((at % DAY) + DAY) % DAY', 'at % DAY'),
  fault('ip-prefix-ignored-in-range', `${EXTENSION}/parse-ip.ts`, ' || inner.prefix < outer.prefix', ''),
  fault(
    'ip-host-bits-in-range',
    `${EXTENSION}/parse-ip.ts`,
    'inner.address >> host === outer.address >> host',
    'inner.address === outer.address',
  ),
  fault(
    'ip-embedded-taken',
    `${EXTENSION}/parse-ip.ts`,
    'if (/[.%]/.test(text)) return undefined\n',
    "text = text.replace(/%.*/, '').replace(/[0-9.]+$/, '0:0')\n",
  ),
  fault('ip-prefix-with-zeros', `${EXTENSION}/parse-ip.ts`, '^(0|[1-9][0-9]{0,2})$', '^([0-9]{1,3})$'),
  fault(
    'loopback-by-address-alone',
    `${EXTENSION}/parse-ip.ts`,
    'prefix >= 8 && address >> 24n === 127n',
    'address >> 24n === 127n',
  ),
  fault(
    'multicast-by-address-alone',
    `${EXTENSION}/parse-ip.ts`,
    'prefix >= 4 && address >> 28n === 14n',
    'address >> 28n === 14n',
  ),
  // From Cedar's JSON form.
  fault(
    'greater-unswapped',
    `${POLICY}/decode-expr.ts`,
    "{ op: 'less', left: operand(body, 'right'), right: operand(body, 'left') }",
    "{ op: 'less', left: operand(body, 'left'), right: operand(body, 'right') }",
  ),
  fault(
    'is-in-drops-in',
    `${POLICY}/decode-expr.ts`,
    "if (typeof body !== 'object' || body === null || !('in' in body)) return is",
    'if (is) return is',
  ),
  fault(
    'has-path-stops',
    `${POLICY}/decode-expr.ts`,
    'if (rest.length === 0) return here',
    'if (rest.length >= 0) return here',
  ),
  fault(
    'unless-is-when',
    `${POLICY}/policy-expr.ts`,
    "kind === 'when' ? clause : { op: 'not', of: clause }",
    'clause',
    SLICES,
  ),
  // Slices, conditions with unknowns, bounds.
  fault('resource-scope-unread', `${POLICY}/policy-expr.ts`, ', scopeExpr(resource, VARIABLES.resource)]', ']', SLICES),
  fault('action-groups-unfollowed', `${POLICY}/policy-reach.ts`, ': within.has(id)', ': id === self', LOADING),
  fault(
    'types-above-unfollowed',
    `${POLICY}/policy-reach.ts`,
    'rules.entities.get(type)?.above.has(group) === true',
    'false',
    LOADING,
  ),
  fault('principal-never-gone', `${RESIDUAL}/cannot-fail.ts`, ' && expr.of.name !== PRINCIPAL', '', COUNTEREXAMPLES),
  fault(
    'failing-policy-dropped',
    `${POLICY}/lockstep-engine.ts`,
    "if (alwaysFails(left)) throw new LockstepError('policy.evaluation-failed', 'a policy raised an error')",
    'if (alwaysFails(left)) return []',
    COUNTEREXAMPLES,
  ),
  fault('error-is-no-deny', `${POLICY}/to-decision.ts`, 'if (errors.length > 0) return failedDecision(bundle)\n', '', [
    `${TEST}/decision-point.test.ts`,
  ]),
  fault(
    'forbid-does-not-override',
    `${POLICY}/answer-question.ts`,
    'permits.length > 0 && forbids.length === 0',
    'permits.length > 0',
    [`${TEST}/decision-point.test.ts`, `${TEST}/differential.test.ts`],
  ),
  fault('bounds-merged-past-a-guard', `${RESIDUAL}/merge-bounds.ts`, 'index < guarded || !box', '!box', BOUNDS),
  fault('wider-bound-kept', `${RESIDUAL}/merge-bounds.ts`, '!isWithin(next, box)', 'isWithin(next, box)', BOUNDS),
  fault(
    'guards-dropped-when-decided',
    `${RESIDUAL}/merge-bounds.ts`,
    '({ expr }) => !cannotFail(expr)) + 1',
    '({ expr }) => !cannotFail(expr))',
    BOUNDS,
  ),
  // What questions are held against.
  fault(
    'undeclared-member-taken',
    `${POLICY}/compile-type.ts`,
    'if (fitted === undefined) return undefined\n      if (fitted === value) continue',
    'if (fitted === undefined) continue\n      if (fitted === value) continue',
    MISFITS,
  ),
  fault(
    'required-member-missing',
    `${POLICY}/compile-type.ts`,
    'for (const name of required) if (!Object.hasOwn(members, name)) return undefined\n',
    '',
    MISFITS,
  ),
  fault('listed-ids-ignored', `${POLICY}/fit-facts.ts`, ' || (known.ids && !known.ids.has(id))', '', MISFITS),
  fault('parent-types-ignored', `${POLICY}/fit-facts.ts`, '!own.above.has(parent.type)', '!own.above', MISFITS),
  fault('cycles-taken', `${POLICY}/fit-facts.ts`, 'if (hasCycle(fitted))', 'if (fitted.length < 0)', MISFITS),
  fault('contradictions-taken', `${POLICY}/fit-facts.ts`, '  refuseContradictions(fitted)\n', '', MISFITS),
  fault(
    'record-becomes-an-entity',
    `${POLICY}/compile-type.ts`,
    "if (!isObject(value) || !('entity' in value) || !isObject(value.entity)) return undefined\n    const { entity } = value\n",
    "if (!isObject(value)) return undefined\n    const entity = 'entity' in value ? value.entity : 'record' in value ? value.record : {}\n",
    MISFITS,
  ),
  // Two engines.
  fault(
    'disagreement-ignored',
    `${POLICY}/compared-engine.ts`,
    'if (agree(decision, other)) return decision',
    'if (other) return decision',
    [`${TEST}/compared-engines.test.ts`],
  ),
  fault('rule-that-never-holds-taken', `${POLICY}/dead-policy.ts`, 'return isDead(when) ?', 'return !when ?', [
    `${TEST}/load-policies.test.ts`,
  ]),
]
