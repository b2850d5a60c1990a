const FLOOR = 'packages/layers/4-execution/src/floor'
const PG = 'packages/bindings/pg/src'
const CLIENT = ['packages/bindings/pg/test/floor.test.ts']
const IDENTITY = ['test/attacks/floor-identity.test.ts']
const ATTACKS = ['test/attacks/floor.test.ts']
const ORACLE = ['test/differential/floor.test.ts']
const COMMANDS = ['packages/lockstep/test/rls.test.ts']

/** Faults of the floor: what native row security is made of, who the database is told, and what is compared. */
export const floor = [
  {
    id: 'floor-forbids-forgotten',
    file: `${FLOOR}/ask-floor.ts`,
    find: '        effect,\n',
    replace: "        effect: 'permit' as typeof effect,\n",
    suite: ORACLE,
  },
  {
    id: 'floor-actor-not-asked',
    file: `${FLOOR}/ask-floor.ts`,
    find: "if (isLiteral(subject, false) || actors === 'any') return subject",
    replace: 'if (isLiteral(subject, false) || actors !== entity) return subject',
    suite: ORACLE,
  },
  {
    id: 'floor-facts-of-the-other-one',
    file: `${FLOOR}/tell-facts.ts`,
    find: 'principal === SUBJECT_TYPE ? subjectEntity(call.caller)',
    replace: 'principal !== undefined ? subjectEntity(call.caller)',
    suite: ORACLE,
  },
  {
    id: 'floor-without-a-call',
    file: `${FLOOR}/floor-condition.ts`,
    find: 'const isOpen = isStrict ? []',
    replace: 'const isOpen = isStrict || row ? []',
    suite: ORACLE,
  },
  {
    id: 'floor-value-that-no-cell-holds',
    file: 'packages/layers/4-execution/src/policy/set-conditions.ts',
    find: "return arrays(set.node, '&&', boundArray(set, item, scope))",
    replace: "return arrays(set.node, '@>', boundArray(set, item, scope))",
    suite: ORACLE,
  },
  {
    id: 'floor-call-that-is-over',
    file: `${FLOOR}/floor-functions.ts`,
    find: '\n      AND calls.expires_at > clock_timestamp()',
    replace: '',
    suite: IDENTITY,
  },
  {
    id: 'floor-call-of-another-floor',
    file: `${FLOOR}/floor-functions.ts`,
    find: 'calls.version =',
    replace: 'calls.version >=',
    suite: IDENTITY,
  },
  {
    id: 'floor-calls-read-by-their-writer',
    file: `${FLOOR}/print-floor.ts`,
    find: 'GRANT INSERT, DELETE, SELECT (handle, expires_at) ON',
    replace: 'GRANT INSERT, DELETE, SELECT ON',
    suite: IDENTITY,
  },
  {
    id: 'floor-column-of-another-class',
    file: `${FLOOR}/plan-floor.ts`,
    find: "if (form('create', fieldClass) === 'plain')",
    replace: "if (form('create', fieldClass) !== 'masked')",
    suite: ATTACKS,
  },
  {
    id: 'floor-insert-unchecked',
    file: `${FLOOR}/table-floor.ts`,
    find: "clause('WITH CHECK', [create])",
    replace: "'WITH CHECK (true)'",
    suite: ATTACKS,
  },
  {
    id: 'floor-partial-column-granted',
    file: `${FLOOR}/plan-floor.ts`,
    find: "(isPartial && partialColumns === 'grant')",
    replace: "(isPartial && partialColumns !== '')",
    suite: COMMANDS,
  },
  {
    id: 'floor-not-forced',
    file: `${FLOOR}/table-floor.ts`,
    find: ' FORCE ROW LEVEL SECURITY;',
    replace: ' NO FORCE ROW LEVEL SECURITY;',
    suite: COMMANDS,
  },
  {
    id: 'floor-ways-around-not-looked-for',
    file: `${FLOOR}/compare-floor.ts`,
    find: 'const around = await findWaysAround(plan, roles.role, schema, query)',
    replace: 'const around = (await findWaysAround(plan, roles.role, schema, query)).slice(0, 0)',
    suite: COMMANDS,
  },
  {
    id: 'floor-handle-of-the-call-before',
    file: `${PG}/pool-source.ts`,
    find: 'session.carried === handle ? undefined',
    replace: "session.carried !== '' ? undefined",
    suite: CLIENT,
  },
  {
    id: 'floor-handle-left-behind',
    file: `${PG}/pool-source.ts`,
    find: "const unset = isShared && session.carried !== ''",
    replace: "const unset = !isShared && session.carried !== ''",
    suite: CLIENT,
  },
  {
    id: 'floor-handle-outlives-its-call',
    file: 'packages/layers/4-execution/src/guard/execution-guard.ts',
    find: '() => void floor.end(call).catch(() => undefined)',
    replace: '() => undefined',
    suite: CLIENT,
  },
]
