const POLICY = 'packages/engines/policy/src'
const STANDING = ['packages/engines/policy/test/standing.test.ts']
const POINT = ['packages/engines/policy/test/decision-point.test.ts']
const DIFFERENTIAL = ['packages/engines/policy/test/differential.test.ts']
const LOADING = ['packages/engines/policy/test/load-policies.test.ts']
const EXPENSES = ['packages/engines/policy/test/expense-policies.test.ts']

export const policy = [
  {
    id: 'obligations-lost',
    file: `${POLICY}/to-decision.ts`,
    find: 'return policies.flatMap((policy) => policy?.obligations ?? [])',
    replace: 'return []',
    suite: [...POINT, ...EXPENSES],
  },
  {
    id: 'errors-of-cedar-ignored',
    file: `${POLICY}/decide.ts`,
    find: 'diagnostics.errors.map(({ policyId }) => policyId)',
    replace: '[]',
    suite: POINT,
  },
  {
    id: 'errors-of-a-residual-ignored',
    file: `${POLICY}/decode-residual.ts`,
    find: "if (response.errored.length > 0) throw failed('a policy raised an error')",
    replace: '',
    suite: [...POINT, ...DIFFERENTIAL],
  },
  {
    id: 'forbid-dropped-from-a-residual',
    file: `${POLICY}/ask-residual.ts`,
    find: 'policy.actions.has(question.action) &&',
    replace: "policy.effect === 'permit' &&\n      policy.actions.has(question.action) &&",
    suite: DIFFERENTIAL,
  },
  {
    id: 'question-not-held-against-the-schema',
    file: `${POLICY}/ask-residual.ts`,
    find: '  checkAgainstSchema(call)\n',
    replace: '',
    suite: [...POINT, ...EXPENSES],
  },
  {
    id: 'residual-cached-across-contexts',
    file: `${POLICY}/residual-key.ts`,
    find: '    question.context,\n',
    replace: '',
    suite: POINT,
  },
  {
    id: 'residual-cached-across-facts',
    file: `${POLICY}/residual-key.ts`,
    find: '    question.facts.entities,\n',
    replace: '',
    suite: POINT,
  },
  {
    id: 'epoch-left-out-of-the-version',
    file: `${POLICY}/apply-standing.ts`,
    find: 'JSON.stringify([version, epoch, [...policies].sort(), [...actions].sort()])',
    replace: 'JSON.stringify([version, [...policies].sort(), [...actions].sort()])',
    suite: STANDING,
  },
  {
    id: 'revoked-permit-still-permits',
    file: `${POLICY}/apply-standing.ts`,
    find: '    if (gone.has(id)) return []\n',
    replace: '',
    suite: STANDING,
  },
  {
    id: 'revoked-action-loses-its-forbids',
    file: `${POLICY}/apply-standing.ts`,
    find: "policy.effect === 'permit' && actions.size > 0",
    replace: 'actions.size > 0',
    suite: STANDING,
  },
  {
    id: 'revoked-permission-comes-back-with-a-reload',
    file: `${POLICY}/decision-point.ts`,
    find: 'const next = applyStanding(loaded, standing)',
    replace: 'const next = loaded',
    suite: STANDING,
  },
  {
    id: 'engine-that-could-not-be-made-stays-the-old-one',
    file: `${POLICY}/decision-point.ts`,
    find: '        engine = refusingEngine(next)\n',
    replace: '',
    suite: STANDING,
  },
  {
    id: 'warnings-of-the-validator-ignored',
    file: `${POLICY}/validate-policies.ts`,
    find: '    ...warned(warnings, byId, rules),\n',
    replace: '',
    suite: LOADING,
  },
  {
    id: 'actor-asked-nowhere',
    file: 'packages/core/src/ask-for-both.ts',
    find: "if (point.actors === 'any') return { ...subject, actor: 'not-asked' }",
    replace: 'return subject',
    suite: ['packages/core/test/ask-for-both.test.ts'],
  },
  {
    id: 'forbids-count-as-permits-for-actors',
    file: `${POLICY}/permitted-principals.ts`,
    find: "policy.effect !== 'permit' || ",
    replace: '',
    suite: LOADING,
  },
  {
    id: 'conditions-ignored-for-actors',
    file: `${POLICY}/permitted-principals.ts`,
    find: ' && !neverHoldsIn(environment, policy.when)',
    replace: '',
    suite: LOADING,
  },
  {
    id: 'obligation-values-unchecked',
    file: 'packages/core/src/obligation-registry.ts',
    find: '&& number >= atLeast && number <= atMost',
    replace: '',
    suite: LOADING,
  },
  {
    id: 'annotation-found-in-a-string',
    file: `${POLICY}/check-policy.ts`,
    find: "token.text === '@' && tokens[index + 1]?.text === annotation",
    replace: "token.text === '@'",
    suite: LOADING,
  },
  {
    id: 'dead-policy-only-without-types',
    file: `${POLICY}/dead-policy.ts`,
    find: 'if (!neverHoldsIn(environment, when)) return false',
    replace: 'return false',
    suite: LOADING,
  },
  {
    id: 'contradiction-told-in-full',
    file: `${POLICY}/contradiction.ts`,
    find: 'if (isDead(together(rest))) kept = rest',
    replace: '',
    suite: LOADING,
  },
]
