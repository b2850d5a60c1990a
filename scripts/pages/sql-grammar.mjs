import { grammar } from '../../test/fixtures/queries/grammar.mjs'
import { table } from './table.mjs'

const INTRODUCTION = `# The SQL that is released

What a statement through a guarded client may hold. Each row is a test: the statement runs rewritten on PostgreSQL 15 and 18 and answers
as if the hidden rows and columns did not exist; a variation that reaches for them is refused or answered without them. What is not
here is refused, with a code and a hint.

- Functions, operators and types are lists of names. Those of PostgreSQL that compute on their arguments alone are built in; more are
  released by name in the configuration, as \`functions\`, \`operators\` and \`types\`, each with its schema. The built-in ones were held
  against the catalogs of both versions: none but \`random\` is volatile, and none reads a table, a file or a sequence, runs SQL from a
  text, locks, sleeps or notifies. Text search reads the dictionaries that the database's owner installed.
- How much a statement makes is bounded where one call could make gigabytes (\`repeat\`, \`lpad\`, \`rpad\`, \`format\`). How long it runs
  (\`generate_series(1, 1e9)\`, a cross join, a recursion without end) is for \`statement_timeout\` of the application's role.
- A text is at most 16 kB, or what \`limits.statementBytes\` says; beyond 16 kB it may only be long, not deep.

This page is generated from \`test/fixtures/queries/grammar.mjs\` by \`npm run docs\`.
`

/** The page of the supported grammar. */
export async function sqlGrammarPage() {
  const released = grammar.filter(({ refused }) => refused === undefined)
  const rows = released.map(({ group, feature, sql, since }) => [
    group,
    since ? `${feature} (PostgreSQL ${since})` : feature,
    code(sql),
  ])
  const others = grammar.flatMap(({ refused, feature, sql }) =>
    refused === undefined ? [] : [[feature, code(refused), code(sql)]],
  )
  const answered = table(['area', 'form', 'for example'], rows)
  return `${INTRODUCTION}\n${answered}\n\n## Not released\n\n${table(['form', 'code', 'for example'], others)}\n`
}

function code(text) {
  return `\`${text}\``
}
