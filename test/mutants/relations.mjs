const RELATIONS = 'packages/engines/policy/src/relations'
const TESTS = 'packages/engines/policy/test/relations'
const EVALUATE = [`${TESTS}/evaluate.test.ts`]
const CYCLES = [`${TESTS}/cycles.test.ts`]
const HANDLER = [`${TESTS}/openfga-handler.test.ts`]
const SOURCE = ['test/e2e/openfga-relationships.test.ts']
const STORES = 'packages/stores/src'

export const relations = [
  {
    id: 'relation-cycle-subtracted-lets-in',
    file: `${RELATIONS}/truth.ts`,
    find: 'base === UNKNOWN || subtract === UNKNOWN ? UNKNOWN : YES',
    replace: 'base === UNKNOWN ? UNKNOWN : YES',
    suite: CYCLES,
  },
  {
    id: 'relation-unknown-kept-too-early',
    file: `${RELATIONS}/check-run.ts`,
    find: 'if (answer === UNKNOWN) run.known.set(one, UNKNOWN)',
    replace: 'run.known.set(one, UNKNOWN)',
    suite: CYCLES,
  },
  {
    id: 'relation-everybody-forgotten',
    file: `${RELATIONS}/compile-relations.ts`,
    find: '(run.everybody !== undefined && bucket.users.has(run.everybody))',
    replace: 'bucket.users.has(run.user)',
    suite: EVALUATE,
  },
  {
    id: 'relation-intersection-of-one',
    file: `${RELATIONS}/compile-relations.ts`,
    find: 'if (one === NO) return NO',
    replace: 'if (one === YES) return YES',
    suite: EVALUATE,
  },
  {
    id: 'relation-everybody-not-asked-for',
    file: `${RELATIONS}/fit-tuple.ts`,
    find: ' && (one.wildcard ?? false) === isEverybody',
    replace: '',
    suite: EVALUATE,
  },
  {
    id: 'relation-removed-group-followed',
    file: `${RELATIONS}/tuple-index.ts`,
    find: '    bucket.usersets.delete(user)\n',
    replace: '',
    suite: EVALUATE,
  },
  {
    id: 'relation-refresh-joined-under-way',
    file: `${RELATIONS}/share-refresh.ts`,
    find: '    if (!running) return start()\n',
    replace: '    if (running) return running\n    if (!next) return start()\n',
    suite: EVALUATE,
  },
  {
    id: 'relation-refreshes-overtake',
    file: `${RELATIONS}/share-refresh.ts`,
    find: '    if (next) return next\n    if (!running) return start()\n    next = running\n',
    replace: '    if (!running) return start()\n    next ??= running\n',
    suite: EVALUATE,
  },
  {
    id: 'relation-list-without-tuplesets',
    file: `${RELATIONS}/list-objects.ts`,
    find: 'if (kind === taken.type && by === taken.tupleset)',
    replace: 'if (kind === taken.tupleset && by === taken.type)',
    suite: EVALUATE,
  },
  {
    id: 'relation-list-users-past-subtracted',
    file: `${RELATIONS}/list-users.ts`,
    find: 'definition ? partsOf(definition.rewrite) : []',
    replace: "definition ? partsOf(definition.rewrite).filter(() => definition.rewrite.kind !== 'exclusion') : []",
    suite: EVALUATE,
  },
  {
    id: 'relation-subject-is-everybody',
    file: `${RELATIONS}/relation-attributes.ts`,
    find: "read.id === '*' || ",
    replace: '',
    suite: SOURCE,
  },
  {
    id: 'relation-list-cut-off-believed',
    file: `${RELATIONS}/openfga-sdk-relationships.ts`,
    find: 'objects.length >= mapping.most',
    replace: 'objects.length > mapping.most',
    suite: SOURCE,
  },
  {
    id: 'relation-server-may-answer-late',
    file: `${RELATIONS}/openfga-sdk-relationships.ts`,
    find: "consistency: 'HIGHER_CONSISTENCY'",
    replace: "consistency: 'MINIMIZE_LATENCY'",
    suite: SOURCE,
  },
  {
    id: 'relation-served-without-key',
    file: `${RELATIONS}/http/openfga-handler.ts`,
    find: 'found.length > 0',
    replace: 'found.length >= 0',
    suite: HANDLER,
  },
  {
    id: 'relation-condition-ignored',
    file: `${RELATIONS}/http/read-members.ts`,
    find: "if (key.condition !== undefined && key.condition !== null) throw invalid('conditions are not supported')",
    replace: '',
    suite: HANDLER,
  },
  {
    id: 'relation-revision-not-held',
    file: `${STORES}/sql/sql-relations.ts`,
    find: 'where revision = $7 returning revision',
    replace: 'where revision >= $7 returning revision',
    suite: ['packages/stores/test/postgres.test.ts'],
  },
  {
    id: 'relation-forgotten-removal-missed',
    file: `${STORES}/sql/read-tuples-since.ts`,
    find: 'known < Number(first.forgotten_until)',
    replace: 'known < 0',
    suite: ['packages/stores/test/relations.test.ts'],
  },
]
