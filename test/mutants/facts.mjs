const FACTS = 'packages/bindings/mcp/src/facts'
const SOURCES = ['test/e2e/relationship-sources.test.ts']
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
]
