const INVOCATION = 'packages/layers/3-invocation/src'
const POLICY = 'packages/engines/policy/src'
const MCP = 'packages/bindings/mcp/src'
const CONDITIONS = ['packages/engines/policy/test/explain.test.ts']
const EXPLAIN = ['test/e2e/explain.test.ts', 'test/e2e/explained-history.test.ts']
const KEPT = ['test/e2e/kept-decisions.test.ts']

export const explain = [
  {
    id: 'hidden-conditions-told',
    file: `${INVOCATION}/withhold.ts`,
    find: 'if (!reads.some(({ withheld }) => withheld)) return condition',
    replace: 'if (reads.length >= 0) return { ...condition, reads }',
    suite: EXPLAIN,
  },
  {
    id: 'hidden-resource-told-by-its-denial',
    file: `${INVOCATION}/withhold.ts`,
    find: 'if (!principal.policies.some(isWithheld)) return principal',
    replace: 'if (principal.policies.length >= 0) return principal',
    suite: EXPLAIN,
  },
  {
    id: 'hidden-resource-told-apart',
    file: `${INVOCATION}/explain-call.ts`,
    find: '    if (hidden && !permitted) return asMissing()\n',
    replace: '',
    suite: EXPLAIN,
  },
  {
    id: 'missing-resource-told-apart',
    file: `${INVOCATION}/explain-call.ts`,
    find: 'const principals = reveal || !named ? [] : withoutResource(point, given, { action, named, declaration })',
    replace: 'const principals = []',
    suite: EXPLAIN,
  },
  {
    id: 'resources-viewed-by-everybody',
    file: `${MCP}/create-resource-view.ts`,
    find: "readable.set(field, effect === 'permit')\n      return effect === 'permit'",
    replace: 'return true',
    suite: EXPLAIN,
  },
  {
    id: 'changes-guessed',
    file: `${INVOCATION}/smallest-changes.ts`,
    find: "return decideForBoth(ask.point, ask.caller, { ...question, facts }).effect === 'permit'",
    replace: 'return true',
    suite: EXPLAIN,
  },
  {
    id: 'unreached-condition-told-as-an-error',
    file: `${POLICY}/explain-question.ts`,
    find: "(stands ? 'error' : 'unreached')",
    replace: "'error'",
    suite: CONDITIONS,
  },
  {
    id: 'if-cut-apart',
    file: `${POLICY}/policy-parts.ts`,
    find: "split(body, '||').length > 1 || split(body, 'if').length > 1",
    replace: "split(body, '||').length > 1",
    suite: CONDITIONS,
  },
  {
    id: 'refused-principal-not-recorded',
    file: `${MCP}/describe-denial.ts`,
    find: "...(decision?.effect === 'deny' ? { refused: decision.refused } : {}),",
    replace: '',
    suite: EXPLAIN,
  },
  {
    id: 'inputs-of-decisions-not-kept',
    file: `${INVOCATION}/create-invocation.ts`,
    find: 'await journal?.({ caller, facts, call, labels, signInAge: age, ...about, outcome })',
    replace: '',
    suite: KEPT,
  },
  {
    id: 'inputs-of-decisions-readable-by-all',
    file: `${MCP}/decision-journal.ts`,
    find: '{ mode: 0o600 }',
    replace: '{ mode: 0o644 }',
    suite: KEPT,
  },
  {
    id: 'expectation-of-no-step-up-ignored',
    file: 'packages/testing/src/test-policies.ts',
    find: 'if (stepUp === null) return told.stepUp === undefined',
    replace: 'if (stepUp === null) return true',
    suite: EXPLAIN,
  },
  {
    id: 'explained-for-an-issuer-that-nobody-trusts',
    file: `${MCP}/hypothetical-caller.ts`,
    find: 'if (!elsewhere && !issuers.some((one) => one.issuer === issuer))',
    replace: 'if (!elsewhere && issuers.length === 0)',
    suite: EXPLAIN,
  },
  {
    id: 'lines-of-a-journal-left-out',
    file: `${MCP}/kept-decision.ts`,
    find: ".split('\\n').slice(0, -1)",
    replace: ".split('\\n').slice(0, -2)",
    suite: KEPT,
  },
]
