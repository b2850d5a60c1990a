const FACTS = 'packages/bindings/mcp/src/facts'
const SOURCES = ['test/e2e/relationship-sources.test.ts']
const DATABASE = 'packages/layers/4-execution/src/database'
const VIEWS = ['test/e2e/sql-relationships.test.ts']
const GUARD = ['packages/bindings/mcp/test/guard-relationships.test.ts']

export const facts = [
  {
    id: 'late-facts-awaited',
    file: `${FACTS}/ask-source.ts`,
    find: 'await inTime(answer, factsMs)',
    replace: 'await answer',
    suite: SOURCES,
  },
  {
    id: 'silent-source-asked-without-bound',
    file: `${FACTS}/ask-source.ts`,
    find: 'if (open >= MOST_OPEN)',
    replace: 'if (open > 2 * MOST_OPEN)',
    suite: GUARD,
  },
  {
    id: 'facts-about-somebody-else-taken',
    file: `${FACTS}/read-facts.ts`,
    find: 'if (others.some((entity) => !reached.has(keyOf(entity))))',
    replace: 'if (others.length < 0)',
    suite: SOURCES,
  },
  {
    id: 'facts-without-the-subject-taken',
    file: `${FACTS}/read-facts.ts`,
    find: 'if (about[0] && !known.has(keyOf(about[0])))',
    replace: 'if (known.size < 0)',
    suite: SOURCES,
  },
  {
    id: 'facts-said-twice-taken',
    file: `${FACTS}/read-facts.ts`,
    find: "if (known.has(keyOf(entity))) throw unfit('an entity is there twice')",
    replace: '',
    suite: SOURCES,
  },
  {
    id: 'facts-taken-as-the-source-keeps-them',
    file: `${FACTS}/read-facts.ts`,
    find: 'return { entities: [...known.values()], revision }',
    replace: 'return given as Facts',
    suite: SOURCES,
  },
  {
    id: 'facts-without-bound',
    file: `${FACTS}/fact-budget.ts`,
    find: 'if (left < 0)',
    replace: 'if (left < -1e9)',
    suite: SOURCES,
  },
  {
    id: 'facts-recorded-as-claimed',
    file: 'packages/bindings/mcp/src/call-tool.ts',
    find: '      facts: digest(factTexts(facts)),\n',
    replace: '',
    suite: SOURCES,
  },
  {
    id: 'relations-without-bound',
    file: `${DATABASE}/relations-statement.ts`,
    find: ' LIMIT $4::int`',
    replace: ' LIMIT $4::int + 1000000`',
    suite: VIEWS,
  },
  {
    id: 'relations-of-another-issuer',
    file: `${DATABASE}/relations-statement.ts`,
    find: "    issuer &&\n    ('column' in issuer",
    replace: "    issuer &&\n    slot < 0 &&\n    ('column' in issuer",
    suite: VIEWS,
  },
  {
    id: 'issuers-share-their-subjects',
    file: `${DATABASE}/plan-relations.ts`,
    find: 'if (of === SUBJECT_TYPE && !issuer && issuers.length > 1)',
    replace: 'if (of === SUBJECT_TYPE && !issuer && issuers.length > 99)',
    suite: VIEWS,
  },
  {
    id: 'null-in-a-set-dropped',
    file: `${DATABASE}/facts-of-rows.ts`,
    find: "if (value === null) throw unfit('a relation leads to NULL')",
    replace: 'if (value === null) continue',
    suite: VIEWS,
  },
  {
    id: 'second-value-of-an-attribute-taken',
    file: `${DATABASE}/facts-of-rows.ts`,
    find: "if (single.has(attribute.name)) throw unfit('an attribute has two values')",
    replace: '',
    suite: VIEWS,
  },
  {
    id: 'facts-in-the-order-of-the-rows',
    file: `${DATABASE}/facts-of-rows.ts`,
    find: '.sort(inOrder)',
    replace: '',
    suite: VIEWS,
  },
  {
    id: 'stale-view-read',
    file: `${DATABASE}/plan-relations.ts`,
    find: "if (found.kind === 'm')",
    replace: "if (found.kind === 'M')",
    suite: VIEWS,
  },
  {
    id: 'views-not-tried-at-the-start',
    file: `${DATABASE}/open-relationship-source.ts`,
    find: "throw new LockstepError('execution.mapping-invalid', 'the views of the relations cannot be read')",
    replace: 'return []',
    suite: VIEWS,
  },
  {
    id: 'entity-inside-itself-taken',
    file: `${FACTS}/read-facts.ts`,
    find: "if (hasCycle([...known.values()])) throw unfit('an entity is inside itself')",
    replace: '',
    suite: VIEWS,
  },
]
